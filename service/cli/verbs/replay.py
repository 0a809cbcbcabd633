"""`reelwright replay`: states as they were, from events alone; whether they can be trusted; and the read model anew."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

import click
import msgspec

from domain.machine import Status
from service.cli.history import load_history, unknown
from service.cli.output import clean, emit, emit_facts, emit_json, emit_table, json_option
from service.cli.problems import CliError, ExitCode
from service.cli.reading import read_log, still_at_work
from service.cli.session import JobId, open_database, read_settings, run
from service.cli.verbs.show import emit_history
from service.jobs.history import JobHistory
from service.settings import Settings

if TYPE_CHECKING:
    from service.wiring.stores import Stores

T = TypeVar("T")

MOST_FINDINGS = 100


class Moment(click.ParamType[datetime]):
    """A time as RFC 3339; without a zone it is UTC."""

    name = "time"

    def convert(self, value: str, parameter: click.Parameter | None, context: click.Context | None) -> datetime:
        """Return the time."""
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a time like 2026-11-22T18:00:00Z", parameter, context)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at


@click.command()
@click.argument("job_id", metavar="[JOB]", required=False, type=JobId())
@click.option("--version", type=click.IntRange(min=1), help="The job after so many events.")
@click.option("--at", type=Moment(), metavar="TIME", help="As it was then; all jobs without JOB.")
@click.option("--verify", is_flag=True, help="Check the hash chain, and the read model against the events.")
@click.option("--rebuild", is_flag=True, help="Make the read model anew from the events, also while workers run.")
@json_option
def replay(
    *, job_id: str | None, version: int | None, at: datetime | None, verify: bool, rebuild: bool, as_json: bool
) -> None:
    """Show a job as it was, from its events alone; verify or rebuild what is derived from them."""
    _check_usage(job_id, version=version, at=at, works=verify + rebuild)
    settings = read_settings()
    if verify:
        run(_verify(settings, job_id, as_json=as_json))
    elif rebuild:
        run(_rebuild(settings, as_json=as_json))
    elif job_id is None:
        run(_count(settings, at=at, as_json=as_json))
    else:
        _show(settings, run(_load(settings, job_id, version=version, at=at)), as_json=as_json)


def _check_usage(job_id: str | None, *, version: int | None, at: datetime | None, works: int) -> None:
    if version is not None and job_id is None:
        raise click.UsageError("--version needs a JOB.")
    if works + (version is not None or at is not None) > 1:
        raise click.UsageError("--verify, --rebuild and --version or --at do not go together.")
    if version is not None and at is not None:
        raise click.UsageError("--version and --at do not go together.")


async def _load(settings: Settings, job_id: str, *, version: int | None, at: datetime | None) -> JobHistory:
    async with open_database(settings) as stores:
        return await load_history(stores, job_id, version=version, at=at)


def _show(settings: Settings, history: JobHistory, *, as_json: bool) -> None:
    if as_json:
        emit_json({**msgspec.structs.asdict(history.view), "events": history.event_views})
    else:
        emit_history(settings, history)


async def _count(settings: Settings, *, at: datetime | None, as_json: bool) -> None:
    async with open_database(settings) as stores:
        statuses, events = await _statuses(stores, at)
    counts = Counter(statuses.values())
    by_status = {status.value: counts[status] for status in Status if status is not Status.NEW}
    if as_json:
        emit_json({"events": events, "jobs": len(statuses), "statuses": by_status})
        return
    emit(f"{events} events make {len(statuses)} jobs.")
    emit_facts(by_status)


async def _statuses(stores: Stores, at: datetime | None) -> tuple[dict[str, Status], int]:
    """Fold all events up to a moment; times never run backwards along the log."""
    statuses, count = dict[str, Status](), 0
    async for page in read_log(stores, until=at):
        statuses |= {event.job.job_id: event.job.status for event in page.events}
        count += len(page.events)
    return statuses, count


async def _verify(settings: Settings, job_id: str | None, *, as_json: bool) -> None:
    from service.wiring.stores import verify  # noqa: PLC0415 - the heavy part

    # A store whose guards are gone is the one that must be verified.
    async with open_database(settings, checks=False) as stores:
        if job_id is not None and not await stores.events.history(job_id, upto_version=1):
            raise unknown(job_id)
        findings, events = [], await stores.jobs.last_position()
        async with still_at_work("verifying"):
            async for finding in verify(stores):
                if job_id in {None, finding.job_id} or not finding.job_id:
                    findings.append(finding)
                if len(findings) >= MOST_FINDINGS:
                    break
    rows = [(one.job_id, one.version, one.position, one.what) for one in findings]
    names = ("job_id", "version", "position", "what")
    if as_json:
        emit_json({"ok": not rows, "events": events, "findings": [dict(zip(names, row, strict=True)) for row in rows]})
    elif rows:
        emit_table(("job", "version", "position", "what"), rows, right=("version", "position"))
    else:
        emit(f"{events} events verified: the chain is whole, and stored states are what the events make.")
    if rows:
        raise _untrue(rows[0])


def _untrue(row: tuple[str, int | None, int | None, str]) -> CliError:
    job_id, version, position, what = row
    where = f"job {job_id}, version {version}" if job_id else f"position {position}"
    return CliError(
        "What is stored and what the events make differ",
        why=f"{where}: {clean(what)}",
        next_step="reelwright replay --rebuild, if only the read model differs; else restore a backup",
        exit_code=ExitCode.FAILED,
    )


async def _rebuild(settings: Settings, *, as_json: bool) -> None:
    from service.wiring.stores import rebuild  # noqa: PLC0415 - the heavy part

    async with open_database(settings) as stores, still_at_work("rebuilding"):
        rebuilt = await rebuild(stores)
    left = [{"job_id": left, "why": why} for left, why in rebuilt.left_alone]
    if as_json:
        emit_json({"rebuilt": rebuilt.jobs, "left_alone": left})
    else:
        emit(f"Rebuilt {rebuilt.jobs} jobs from their events.")
    if left:
        raise CliError(
            f"{len(left)} jobs were left as they are",
            why=f"their events cannot be folded; the first is job {left[0]['job_id']}, {left[0]['why']}",
            next_step="reelwright replay --verify",
        )
