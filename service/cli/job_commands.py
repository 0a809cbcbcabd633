"""Commands to a job from the command line, written straight to its events."""

from __future__ import annotations

import getpass

from service.cli.output import emit, emit_json
from service.cli.problems import explained
from service.cli.session import open_database, read_settings, run
from service.jobs.views import to_json
from service.settings import Settings


def command(verb: str, body: dict[str, str | None], *, as_json: bool) -> None:
    """Give one command to a job, and print what became of it."""
    settings = read_settings()
    job_id = body["job_id"]
    done = {"cancel": "cancelled", "retry": "tried again"}[verb]
    with explained(f"Job {job_id} was not {done}", next_step=f"reelwright show {job_id}"):
        answer = run(_give(settings, verb, to_json(body)))
    if as_json:
        emit_json({"job_id": job_id, **answer})
        return
    emit(f"Job {job_id} is {answer['status']}.")


async def _give(settings: Settings, verb: str, body: bytes) -> dict[str, object]:
    from service.wiring.operations import make_operations  # noqa: PLC0415 - the heavy part

    async with open_database(settings) as stores:
        await stores.events.start()
        operations = make_operations(settings, stores)
        return await (operations.cancel(body) if verb == "cancel" else operations.retry(body))


def this_user() -> str:
    """Return the name of the person at the keyboard; a process without one has none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "command line"
