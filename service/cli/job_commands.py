"""Commands to a job from the command line, written straight to its events."""

from __future__ import annotations

import getpass
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from service.cli.output import emit, emit_json
from service.cli.problems import explained
from service.cli.session import open_database, read_settings, run
from service.settings import Settings

if TYPE_CHECKING:
    from domain.job import Job
    from service.jobs.operations import JobOperations


def command(job_id: str, operation: Callable[[JobOperations], Awaitable[Job]], *, done: str, as_json: bool) -> None:
    """Do an operation on a job, and print how it is then; `done` is what it was to be."""
    settings = read_settings()
    with explained(f"Job {job_id} was not {done}", next_step=f"reelwright show {job_id}"):
        job = run(_do(settings, operation))
    if as_json:
        emit_json({"job_id": job_id, "ok": True, "status": str(job.status)})
        return
    emit(f"Job {job_id} is {job.status}.")


async def _do(settings: Settings, operation: Callable[[JobOperations], Awaitable[Job]]) -> Job:
    from service.wiring.operations import make_operations  # noqa: PLC0415 - the heavy part

    async with open_database(settings) as stores:
        await stores.events.start()
        return await operation(make_operations(settings, stores))


def this_user() -> str:
    """Return the name of the person at the keyboard; a process without one has none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "command line"
