"""What a verb needs before it can do anything: settings, quiet logs, the database, the address of the service."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from service.address import read_address
from service.cli.problems import ExitCode, Problem, explained
from service.logs import configure_logs
from service.messages import UnreadableError, read_job_id
from service.settings import Settings, load_settings

if TYPE_CHECKING:
    from service.wiring import Stores

T = TypeVar("T")


class JobId(click.ParamType[str]):
    """The name of a job."""

    name = "job"

    def convert(self, value: str, parameter: click.Parameter | None, context: click.Context | None) -> str:
        """Return the job's name, or tell what is wrong with it."""
        try:
            return read_job_id(value)
        except UnreadableError as error:
            self.fail("; ".join(error.errors), parameter, context)


job_argument = click.argument("job_id", metavar="JOB", type=JobId())


def read_settings() -> Settings:
    """Read the settings. Logs are for services: what a verb has to say, it says in words."""
    with explained("The settings cannot be used"):
        settings = load_settings(os.environ)
    configure_logs(form=settings.log_format, level="error")
    return settings


def run(work: Coroutine[None, None, T]) -> T:
    """Run the asynchronous part of a verb."""
    return asyncio.run(work)


class NoDatabaseError(Problem):
    """Nothing was ever stored where the settings point."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(
            "There are no jobs yet",
            why=f"no database is at {settings.database}",
            next_step="reelwright demo   (or point REELWRIGHT_DATA_DIR to where your jobs are)",
            exit_code=ExitCode.NOT_FOUND,
        )


@asynccontextmanager
async def open_database(settings: Settings, *, checks: bool = True) -> AsyncIterator[Stores]:
    """Open a database whose tables are up to date and guarded; nothing is made or changed by looking."""
    from service import wiring  # noqa: PLC0415 - takes most of a second to import, and some verbs do without

    if not _database_may_exist(settings):
        raise NoDatabaseError(settings)
    stores = wiring.make_stores(settings)
    try:
        if checks:
            await _check(stores)
        yield stores
    finally:
        await stores.close()


async def _check(stores: Stores) -> None:
    try:
        with explained("The database cannot be used"):
            await stores.check()
    except Problem as problem:
        if problem.exit_code is not ExitCode.FAILED:
            raise
        raise Problem(
            problem.what, why=problem.why, next_step="reelwright migrate", exit_code=ExitCode.CONFIGURATION
        ) from problem.__cause__


def find_nats(settings: Settings) -> list[str]:
    """Return the addresses of the NATS server that the service uses."""
    if settings.nats_servers:
        return settings.nats_servers
    address = read_address(settings.data_dir)
    if address is None or not address.nats_url:
        raise no_service(settings)
    return address.nats_url.split(",")


def find_http(settings: Settings) -> str:
    """Return the root of the service's HTTP interface: as it was written down here, else as it is configured."""
    address = read_address(settings.data_dir)
    if address is not None and address.http_url:
        return address.http_url
    if not settings.nats_servers or settings.http_port == 0:
        raise no_service(settings)
    host = "127.0.0.1" if settings.http_host in {"0.0.0.0", "::"} else settings.http_host  # noqa: S104 - as a place to call
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.http_port}"


def no_service(settings: Settings) -> Problem:
    """Return what to say where a running service is needed and none is found."""
    return Problem(
        "No service runs here",
        why=f"nothing has written its address to {settings.data_dir.absolute()}, and REELWRIGHT_NATS_URL is not set",
        next_step="reelwright serve",
        exit_code=ExitCode.DEPENDENCY_DOWN,
    )


def _database_may_exist(settings: Settings) -> bool:
    """SQLite would make the file by being asked."""
    path = settings.database.removeprefix("sqlite:///")
    return path == settings.database or Path(path).exists()
