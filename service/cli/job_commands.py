"""Commands to a job from the command line, stored as events without a running service."""

from __future__ import annotations

import getpass
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import click

from service.cli.output import emit_result
from service.cli.problems import explained
from service.cli.session import open_database, read_settings, run
from service.settings import Settings

if TYPE_CHECKING:
    from domain.job import Job
    from service.jobs.operations import JobOperations


def _this_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in containers
        return "command line"


by_option = click.option(
    "--by",
    metavar="NAME",
    callback=lambda _context, _parameter, value: value or _this_user(),
    help="Who asks for it.  [default: this user]",
)


def command(job_id: str, operation: Callable[[JobOperations], Awaitable[Job]], *, done: str, as_json: bool) -> None:
    """Run an operation on a job and print the job's new status; `done` names the operation in an error."""
    settings = read_settings()
    with explained(f"Job {job_id} was not {done}", next_step=f"reelwright show {job_id}"):
        job = run(_do(settings, operation))
    view = {"job_id": job_id, "ok": True, "status": str(job.status)}
    emit_result(view, f"Job {job_id} is {job.status}.", as_json=as_json)


async def _do(settings: Settings, operation: Callable[[JobOperations], Awaitable[Job]]) -> Job:
    from service.wiring.operations import make_operations  # noqa: PLC0415 - the heavy part
    from service.wiring.render_lookup import LookupForVerb  # noqa: PLC0415

    async with open_database(settings) as stores:
        await stores.events.start()
        return await operation(make_operations(settings, stores, lookup=LookupForVerb(settings)))
