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
from service.settings import Settings

COLUMNS = ("day (UTC)", "by", "status", "jobs", "attempts", "estimated", "actual")
MONEY_COLUMNS = ("jobs", "attempts", "estimated", "actual")
Group = tuple[date, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCosts:
    """What a group of jobs cost, in USD."""

    jobs: int = 0
    attempts: int = 0
    estimated: Decimal = Decimal(0)
    actual: Decimal = Decimal(0)

    def __add__(self, other: GroupCosts) -> GroupCosts:
        return GroupCosts(
            jobs=self.jobs + other.jobs,
            attempts=self.attempts + other.attempts,
            estimated=self.estimated + other.estimated,
            actual=self.actual + other.actual,
        )


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
    estimated = job.estimated_cost or Decimal(0)
    job_costs = GroupCosts(jobs=1, attempts=job.attempt, estimated=estimated, actual=job.actual_cost)
    return (day, by, str(job.status)), job_costs


def _total(groups: list[tuple[Group, GroupCosts]]) -> GroupCosts:
    return sum((sums for _, sums in groups), GroupCosts())


def _cells(sums: GroupCosts) -> tuple[object, ...]:
    return sums.jobs, sums.attempts, money(sums.estimated), money(sums.actual)


def _view(group: Group, sums: GroupCosts) -> dict[str, object]:
    day, by, status = group
    return {"day": day.isoformat(), "by": by, "status": status, **_sums_view(sums)}


def _sums_view(sums: GroupCosts) -> dict[str, object]:
    return {
        "jobs": sums.jobs,
        "attempts": sums.attempts,
        "estimated_cost": float(sums.estimated),
        "actual_cost": float(sums.actual),
    }
