"""`reelwright costs`: what was spent, summed up from the events."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import click

from domain.job import Job
from service.cli.output import emit_json, emit_table, json_option, say
from service.cli.reading import read_log
from service.cli.session import NoDatabaseError, open_database, read_settings, run
from service.formats import money
from service.settings import Settings

if TYPE_CHECKING:
    from service.wiring.stores import Stores

COLUMNS = ("day (UTC)", "by", "status", "jobs", "attempts", "estimated", "actual")
MONEY_COLUMNS = ("jobs", "attempts", "estimated", "actual")
Group = tuple[date, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCosts:
    """What jobs came to. USD."""

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
    """Sum up what jobs cost: by day, renderer or model, and status.

    A job counts on the day its first event was stored, with all that it cost since.
    """
    groups = run(_spent(read_settings()))
    if as_json:
        emit_json({"costs": [_view(group, spent) for group, spent in groups], "total": _figures(_total(groups))})
        return
    if not groups:
        say("Nothing was spent yet.")
        return
    rows = [(*group, *_cells(spent)) for group, spent in groups]
    emit_table(COLUMNS, [*rows, ("total", "", "", *_cells(_total(groups)))], right=MONEY_COLUMNS)


async def _spent(settings: Settings) -> list[tuple[Group, GroupCosts]]:
    try:
        async with open_database(settings) as stores:
            jobs = await _jobs(stores)
    except NoDatabaseError:
        return []
    groups: defaultdict[Group, GroupCosts] = defaultdict(GroupCosts)
    for group, spent in jobs.values():
        groups[group] += spent
    return sorted(groups.items())


async def _jobs(stores: Stores) -> dict[str, tuple[Group, GroupCosts]]:
    """Keep a few figures of each job; its first event decides on the day."""
    found: dict[str, tuple[Group, GroupCosts]] = {}
    async for page in read_log(stores):
        for event in page.events:
            found[event.job.job_id] = _of(event.job, event.created_at.date())
    return found


def _of(job: Job, day: date) -> tuple[Group, GroupCosts]:
    render = job.render
    spent = GroupCosts(jobs=1, attempts=job.attempt, estimated=job.estimated_cost or Decimal(0), actual=job.actual_cost)
    return (day, (render.model or render.renderer) if render else "-", str(job.status)), spent


def _total(groups: list[tuple[Group, GroupCosts]]) -> GroupCosts:
    return sum((spent for _, spent in groups), GroupCosts())


def _cells(spent: GroupCosts) -> tuple[object, ...]:
    return spent.jobs, spent.attempts, money(spent.estimated), money(spent.actual)


def _view(group: Group, spent: GroupCosts) -> dict[str, object]:
    day, by, status = group
    return {"day": day.isoformat(), "by": by, "status": status, **_figures(spent)}


def _figures(spent: GroupCosts) -> dict[str, object]:
    return {
        "jobs": spent.jobs,
        "attempts": spent.attempts,
        "estimated_cost": float(spent.estimated),
        "actual_cost": float(spent.actual),
    }
