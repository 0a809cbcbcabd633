"""`reelwright jobs`: the newest jobs, one a line."""

from __future__ import annotations

from typing import get_args

import click

from domain.errors import Refused
from domain.summary import JobSummary
from service.cli.output import emit_json, emit_table, json_option, say
from service.cli.session import NoDatabaseError, open_database, read_settings, run
from service.formats import money
from service.jobs.listing import JobPage
from service.jobs.views import StatusName, page_view
from service.settings import Settings

STATUSES = get_args(StatusName)
MOST_JOBS = 500
COLUMNS = ("job", "status", "%", "attempts", "cost", "updated (UTC)", "message")


@click.command()
@click.option("--status", type=click.Choice(STATUSES), help="Only jobs in this status.")
@click.option(
    "--waiting",
    metavar="[WORD]",
    is_flag=False,
    flag_value="",
    help="Only jobs that wait, or those that wait for what begins with WORD, such as needs_operator.",
)
@click.option("--limit", type=click.IntRange(1, MOST_JOBS), default=20, show_default=True, help="How many at most.")
@click.option("--after", metavar="CURSOR", help="Go on after the `next` of an earlier answer.")
@json_option
def jobs(*, status: str | None, waiting: str | None, limit: int, after: str | None, as_json: bool) -> None:
    """List jobs, newest first."""
    page = run(_page(read_settings(), status=status, waiting=waiting, limit=limit, after=after))
    if as_json:
        emit_json(page_view(page))
        return
    if not page.jobs:
        say(_nothing_found(status, waiting))
        return
    emit_table(COLUMNS, [_row(summary) for summary in page.jobs], right=("%", "attempts", "cost"))
    if page.next_cursor:
        say(f"There are more: reelwright jobs --after {page.next_cursor}")


def _nothing_found(status: str | None, waiting: str | None) -> str:
    if waiting is not None:
        return f"No job waits for {waiting}." if waiting else "No job waits."
    return "No jobs yet. `reelwright demo` makes one." if status is None else f"No job is {status}."


async def _page(
    settings: Settings, *, status: str | None, waiting: str | None, limit: int, after: str | None
) -> JobPage:
    try:
        async with open_database(settings) as stores:
            return await stores.jobs.page(status=status, limit=limit, after=after, waiting_for=waiting)
    except NoDatabaseError:
        return JobPage(jobs=[], next_cursor=None)
    except Refused as error:
        raise click.BadParameter(str(error), param_hint="--after") from error


def _row(summary: JobSummary) -> tuple[object, ...]:
    return (
        summary.job_id,
        summary.status,
        summary.percent,
        summary.attempts,
        money(summary.actual_cost),
        f"{summary.updated_at:%Y-%m-%d %H:%M:%S}",
        summary.waiting_for or summary.message,
    )
