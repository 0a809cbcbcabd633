"""`reelwright costs`: what jobs cost, summed from the events."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import click

from domain.job import Job
from service.cli.output import emit_json, emit_table, json_option, say
from service.cli.reading import read_log
from service.cli.session import NoDatabaseError, open_database, read_settings, run
from service.formats import money
from service.jobs.listing import JobCosts
from service.settings import Settings

NOBODY_PAID = "list price, nobody was paid"
COLUMNS = ("day (UTC)", "by", "status", "jobs", "attempts", "estimated", "actual", NOBODY_PAID)
MONEY_COLUMNS = ("jobs", "attempts", "estimated", "actual", NOBODY_PAID)
Group = tuple[date, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCosts:
    """What a group of jobs cost."""

    attempts: int = 0
    costs: JobCosts = JobCosts()  # noqa: RUF009 - frozen, so one value may be shared

    def __add__(self, other: GroupCosts) -> GroupCosts:
        return GroupCosts(attempts=self.attempts + other.attempts, costs=self.costs + other.costs)


@click.command()
@json_option
def costs(*, as_json: bool) -> None:
    """Sum what jobs cost by day, by renderer or model, and by status.

    A job counts on the day when its first event was stored, with all its costs until now.
    """
    groups = run(_groups(read_settings()))
    if as_json:
        emit_json({"costs": [_view(group, sums) for group, sums in groups], "total": _sums_view(_total(groups))})
        return
    if not groups:
        say("Nothing was spent yet.")
        return
    rows = [(*group, *_cells(sums)) for group, sums in groups]
    emit_table(COLUMNS, [*rows, ("total", "", "", *_cells(_total(groups)))], right=MONEY_COLUMNS)


async def _groups(settings: Settings) -> list[tuple[Group, GroupCosts]]:
    try:
        async with open_database(settings) as stores:
            jobs = {
                event.job.job_id: _group_and_costs(event.job, event.created_at.date())
                async for page in read_log(stores)
                for event in page.events
            }
    except NoDatabaseError:
        return []
    groups: defaultdict[Group, GroupCosts] = defaultdict(GroupCosts)
    for group, job_costs in jobs.values():
        groups[group] += job_costs
    return sorted(groups.items())


def _group_and_costs(job: Job, day: date) -> tuple[Group, GroupCosts]:
    """Return the group of a job and its costs; `day` is that of its first event."""
    by = (job.render.order.model or job.render.order.renderer) if job.render else "-"
    costs = JobCosts(
        jobs=1, estimated=job.estimated_cost or Decimal(0), actual=job.actual_cost, list_price=job.list_price
    )
    return (day, by, str(job.status)), GroupCosts(attempts=job.attempt, costs=costs)


def _total(groups: list[tuple[Group, GroupCosts]]) -> GroupCosts:
    return sum((sums for _, sums in groups), GroupCosts())


def _cells(sums: GroupCosts) -> tuple[object, ...]:
    costs = sums.costs
    return costs.jobs, sums.attempts, money(costs.estimated), money(costs.actual), money(costs.list_price)


def _view(group: Group, sums: GroupCosts) -> dict[str, object]:
    day, by, status = group
    return {"day": day.isoformat(), "by": by, "status": status, **_sums_view(sums)}


def _sums_view(sums: GroupCosts) -> dict[str, object]:
    costs = sums.costs
    return {
        "jobs": costs.jobs,
        "attempts": sums.attempts,
        "estimated_cost": costs.estimated,
        "actual_cost": costs.actual,
        "list_price": costs.list_price,
    }
