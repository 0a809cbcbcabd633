"""`reelwright replay`: shows earlier states from the events; verifies them, and rebuilds the read model."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from domain.machine import Status
from service.cli.history import load_history, unknown
from service.cli.output import clean, emit, emit_facts, emit_json, emit_result, emit_table, json_option
from service.cli.problems import CliError
from service.cli.reading import read_log, still_at_work
from service.cli.session import JobId, open_database, read_settings, run
from service.cli.verbs.show import emit_history
from service.settings import Settings

if TYPE_CHECKING:
    from service.wiring.stores import Stores

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
@click.option("--version", type=click.IntRange(min=1), help="The job as it was after N events.")
@click.option("--at", type=Moment(), metavar="TIME", help="As it was at this time; without JOB all jobs.")
@click.option("--verify", is_flag=True, help="Check the hash chain, and the read model against the events.")
@click.option("--rebuild", is_flag=True, help="Make the read model again from the events; workers may run.")
@json_option
def replay(
    *, job_id: str | None, version: int | None, at: datetime | None, verify: bool, rebuild: bool, as_json: bool
) -> None:
    """Show a job as it was, from its events only; or verify or rebuild what is made from the events."""
    _check_usage(job_id, version=version, at=at, actions=verify + rebuild)
    settings = read_settings()
    if verify:
        run(_verify(settings, job_id, as_json=as_json))
    elif rebuild:
        run(_rebuild(settings, as_json=as_json))
    elif job_id is None:
        run(_count(settings, at=at, as_json=as_json))
    else:
        emit_history(settings, run(load_history(settings, job_id, version=version, at=at)), as_json=as_json)


def _check_usage(job_id: str | None, *, version: int | None, at: datetime | None, actions: int) -> None:
    if version is not None and job_id is None:
        raise click.UsageError("--version needs a JOB.")
    if actions + (version is not None or at is not None) > 1:
        raise click.UsageError("--verify, --rebuild and --version or --at do not go together.")
    if version is not None and at is not None:
        raise click.UsageError("--version and --at do not go together.")


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
    """Fold all events up to a moment. In the log times never go back."""
    statuses, count = dict[str, Status](), 0
    async for page in read_log(stores, until=at):
        statuses |= {event.job.job_id: event.job.status for event in page.events}
        count += len(page.events)
    return statuses, count


async def _verify(settings: Settings, job_id: str | None, *, as_json: bool) -> None:
    from service.wiring.stores import verify  # noqa: PLC0415 - the heavy part

    # Without checks: a database that lost its guards needs the verification most.
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
        emit(f"{events} events verified: the chain is whole, and the stored states agree with the events.")
    if rows:
        raise _difference(rows[0])


def _difference(row: tuple[str, int | None, int | None, str]) -> CliError:
    job_id, version, position, what = row
    where = f"job {job_id}, version {version}" if job_id else f"position {position}"
    return CliError(
        "Stored states and events do not agree",
        why=f"{where}: {clean(what)}",
        next_step="reelwright replay --rebuild, if only the read model differs; else restore a backup",
    )


async def _rebuild(settings: Settings, *, as_json: bool) -> None:
    from service.wiring.stores import rebuild  # noqa: PLC0415 - the heavy part

    async with open_database(settings) as stores, still_at_work("rebuilding"):
        rebuilt = await rebuild(stores)
    skipped = [{"job_id": skipped_id, "why": why} for skipped_id, why in rebuilt.left_alone]
    view = {"rebuilt": rebuilt.jobs, "left_alone": skipped}
    emit_result(view, f"Rebuilt {rebuilt.jobs} jobs from their events.", as_json=as_json)
    if skipped:
        raise CliError(
            f"{len(skipped)} jobs were left as they are",
            why=f"their events cannot be folded; the first is job {skipped[0]['job_id']}, {skipped[0]['why']}",
            next_step="reelwright replay --verify",
        )
