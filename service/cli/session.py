"""What verbs begin with: settings, logs, the database, the address of the service."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from domain.errors import Refused
from service.cli.problems import CliError, ExitCode, explained
from service.intake.reading import UnreadableError, read_job_id
from service.logs import configure_logs
from service.process.address import Address, Untrusted, find_address, local_url, nats_servers
from service.settings import Settings, load_settings
from service.urls import place_of

if TYPE_CHECKING:
    from service.wiring.stores import Stores


class JobId(click.ParamType[str]):
    """The name of a job."""

    name = "job"

    def convert(self, value: str, parameter: click.Parameter | None, context: click.Context | None) -> str:
        """Return the job's name, or fail with what is wrong with it."""
        try:
            return read_job_id(value)
        except UnreadableError as error:
            self.fail("; ".join(error.errors), parameter, context)


job_argument = click.argument("job_id", metavar="JOB", type=JobId())


def read_settings() -> Settings:
    """Read the settings, and log errors only: a verb prints its messages itself."""
    with explained("The settings cannot be used"):
        settings = load_settings(os.environ)
    configure_logs(form=settings.log_format, level="error")
    return settings


run = asyncio.run
"""Runs the asynchronous part of a verb."""


class NoDatabaseError(CliError):
    """There is no database where the settings point."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(
            "There are no jobs yet",
            why=f"no database is at {settings.database}",
            next_step="reelwright demo   (or point REELWRIGHT_DATA_DIR to where your jobs are)",
            exit_code=ExitCode.NOT_FOUND,
        )


@asynccontextmanager
async def open_database(settings: Settings, *, checks: bool = True) -> AsyncIterator[Stores]:
    """Open the database, with `checks` only where its tables are up to date and guarded; change nothing."""
    from service.wiring.stores import make_stores  # noqa: PLC0415 - takes most of a second, and some verbs need no database

    path = settings.database.removeprefix("sqlite:///")
    if path != settings.database and not Path(path).exists():  # opening it would make it
        raise NoDatabaseError(settings)
    stores = make_stores(settings)
    try:
        if checks:
            await _check(stores)
        yield stores
    finally:
        await stores.close()


async def _check(stores: Stores) -> None:
    what = "The database cannot be used"
    with explained(what):
        try:
            await stores.check()
        except Refused as error:
            code = ExitCode.CONFIGURATION
            raise CliError(what, why=str(error), next_step="reelwright migrate", exit_code=code) from error


@contextmanager
def _untrusted_explained() -> Iterator[None]:
    try:
        yield
    except Untrusted as error:
        raise CliError(
            "The address of the service is not to be trusted, so nothing is sent there",
            why=str(error),
            next_step="start it as this user: reelwright serve   (or set REELWRIGHT_DATA_DIR to where it runs)",
            exit_code=ExitCode.CONFIGURATION,
        ) from error


@_untrusted_explained()
def find_nats(settings: Settings) -> list[str]:
    """Return the URLs of the NATS servers that the service uses, with their passwords."""
    if settings.nats_servers:
        return settings.nats_servers
    address = find_address(settings)
    servers = [] if address is None else nats_servers(address, settings)
    if not servers:
        raise _no_service(settings)
    from service.wiring.tools import embedded_nats_url  # noqa: PLC0415 - not needed where servers are named

    embedded = embedded_nats_url(settings)
    return [embedded] if embedded is not None and [place_of(embedded)] == servers else servers


@_untrusted_explained()
def find_http(settings: Settings) -> str:
    """Return the URL of the service's HTTP interface: of a service that runs here, else of the settings."""
    address = find_address(settings)
    if address is not None and address.http_url:
        return address.http_url
    if not settings.nats_servers or settings.http_port == 0:
        raise _no_service(settings)
    return local_url(settings.http_host, settings.http_port)


@_untrusted_explained()
def running_service(settings: Settings) -> Address | None:
    """Return the address of the service that runs on the data directory, None where there is none."""
    return find_address(settings)


def _no_service(settings: Settings) -> CliError:
    return CliError(
        "No service runs here",
        why=f"nothing has written its address to {settings.data_dir.absolute()}, and REELWRIGHT_NATS_URL is not set",
        next_step="reelwright serve",
        exit_code=ExitCode.DEPENDENCY_DOWN,
    )
