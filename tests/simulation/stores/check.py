"""What must be true of the tables at any moment: a log without gaps, and a read model that is its fold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from adapters.sql.log.projection import Stamp, job_row
from domain.evolve import replay
from tests.simulation.stores.tables import MemoryTables, StoredEvent


def findings(tables: MemoryTables) -> Iterator[str]:
    """Yield each thing that is wrong. Raises IllegalMove where the events of a job cannot be folded."""
    last = 0
    for previous, event in zip([None, *tables.events], tables.events, strict=False):
        if event.position != last + 1:
            yield f"position {last + 1} is missing"
        if previous is not None and event.recorded_at < previous.recorded_at:
            yield f"position {event.position} is older than the one before"
        last = event.position
    if tables.jobs.keys() != tables.by_job.keys():
        yield "the jobs of the read model are not those of the log"
    for job_id, history in tables.by_job.items():
        yield from _of_job(tables, job_id, history)


def _of_job(tables: MemoryTables, job_id: str, history: Sequence[StoredEvent]) -> Iterator[str]:
    if [event.version for event in history] != list(range(1, len(history) + 1)):
        yield f"job {job_id} has not the versions 1 to {len(history)}"
    job = replay(job_id, (event.recorded.event for event in history))
    created, updated = (Stamp(position=event.position, at=event.recorded_at) for event in (history[0], history[-1]))
    row = tuple(tables.jobs[job_id].values())
    if row != (folded := job_row(job, created=created, updated=updated)):
        yield f"job {job_id} is {row} in the read model, and {folded} by its events"
