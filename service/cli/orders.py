"""`reelwright cancel` and `reelwright retry`: orders to a job, written straight to its events."""

from __future__ import annotations

import getpass

import click

from service.cli.output import emit, emit_json, json_option
from service.cli.problems import explained
from service.cli.session import job_argument, open_database, read_settings, run
from service.settings import Settings
from service.views import to_json


@click.command()
@job_argument
@click.option("--reason", metavar="TEXT", help="Why; it is kept with the job.")
@click.option("--by", metavar="NAME", help="Who cancels it; else this user.")
@json_option
def cancel(*, job_id: str, reason: str | None, by: str | None, as_json: bool) -> None:
    """Cancel a job that has not ended."""
    body = {"job_id": job_id, "by": by or _user(), "reason": reason}
    _order("cancel", body, as_json=as_json)


@click.command()
@job_argument
@click.option("--by", metavar="NAME", help="Who orders it; else this user.")
@json_option
def retry(*, job_id: str, by: str | None, as_json: bool) -> None:
    """Try a failed job again; a video that is paid and still there is only downloaded again."""
    _order("retry", {"job_id": job_id, "by": by or _user()}, as_json=as_json)


def _order(verb: str, body: dict[str, str | None], *, as_json: bool) -> None:
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
    from service import wiring  # noqa: PLC0415 - the heavy part, loaded when there is something to do

    async with open_database(settings) as stores:
        await stores.events.start()
        orders = wiring.make_orders(settings, stores)
        return await (orders.cancel(body) if verb == "cancel" else orders.retry(body))


def _user() -> str:
    """Return the name of the person at the keyboard; a process without one has none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "command line"
