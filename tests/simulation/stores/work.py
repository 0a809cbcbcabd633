"""What workers and log readers keep beside the log, in memory: renders, reasons for waiting, checkpoints, the queue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from adapters import clock
from adapters.sql.work.checkpoints import StoredCheckpoint
from adapters.sql.work.queue import MOST_WORKERS, WorkerRow
from adapters.sql.work.waiting_for import LONGEST_REASON
from domain.errors import NotFound
from domain.job import OPEN_RENDERS
from domain.records import Lease
from domain.steps import NOTHING
from domain.times import read_time
from tests.simulation.stores.database import MemoryDatabase
from tests.simulation.stores.tables import MemoryTables


class MemoryRenders:
    """The render requests; only appends write them. Every method raises Unavailable."""

    def __init__(self, database: MemoryDatabase, *, now: Callable[[], datetime] = clock.now) -> None:
        self._database, self._now = database, now

    async def owned(self, account: str | None, render_ids: Sequence[str]) -> frozenset[str]:
        """Return the ids of these that belong to a request of this installation in that account, or in none."""

        def find(tables: MemoryTables) -> frozenset[str]:
            rows = (row for row in tables.renders.values() if row["account"] in ("", account or ""))
            return frozenset(row["render_id"] for row in rows).intersection(render_ids)

        return await self._database.run("owned", find) if render_ids else frozenset()

    async def owned_elsewhere(self, account: str | None, render_ids: Sequence[str]) -> frozenset[str]:
        """Return the ids of these that belong to a request of this installation in another account."""

        def find(tables: MemoryTables) -> frozenset[str]:
            rows = (row for row in tables.renders.values() if row["account"] not in ("", account or ""))
            return frozenset(row["render_id"] for row in rows).intersection(render_ids)

        return await self._database.run("owned", find) if render_ids else frozenset()

    async def open_requests(self) -> Mapping[tuple[str, str | None], int]:
        """Return how many renders of each (renderer, account) may still cost money or make a video."""

        def count(tables: MemoryTables) -> Mapping[tuple[str, str | None], int]:
            rows = (row for row in tables.renders.values() if row["state"] in OPEN_RENDERS)
            return Counter((row["renderer"], row["account"] or None) for row in rows)

        return await self._database.run("open_requests", count)

    async def requested_at(self, token: str) -> datetime:
        """Return when the request was last committed. Raises NotFound."""
        return await self._time("requested_at", token)

    async def unchanged_seconds(self, token: str) -> float:
        """Return how long ago the request was last changed, by the database's clock. Raises NotFound."""
        return (self._now() - await self._time("changed_at", token)).total_seconds()

    async def _time(self, column: str, token: str) -> datetime:
        row = await self._database.run(column, lambda tables: tables.renders.get(token))
        if row is None:
            raise NotFound(f"no request has the token {token}")
        return read_time(row[column])


class MemoryWaitingFor:
    """The newest reason of each job, told while that worker has the lease. Every method raises Unavailable."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def set(self, lease: Lease, reason: str) -> None:
        """Store why the job waits; an older epoch does not overwrite a newer one."""
        storable = reason.replace("\0", "")[:LONGEST_REASON].encode(errors="replace").decode()

        def write(tables: MemoryTables) -> None:
            if tables.waits.get(lease.job_id, (0, ""))[0] <= lease.epoch:
                tables.waits[lease.job_id] = (lease.epoch, storable)

        await self._database.run("wait", write)

    async def clear(self, lease: Lease) -> None:
        """Remove the reason, and all reasons of dead workers."""

        def remove(tables: MemoryTables) -> None:
            for job_id, (epoch, _) in list(tables.waits.items()):
                if (job_id, epoch) == (lease.job_id, lease.epoch) or not in_force(tables, job_id, epoch):
                    del tables.waits[job_id]

        await self._database.run("go_on", remove)

    async def of(self, job_ids: Sequence[str]) -> Mapping[str, str]:
        """Return the reason of each of these jobs that waits."""

        def find(tables: MemoryTables) -> Mapping[str, str]:
            waits = {job_id: tables.waits[job_id] for job_id in job_ids if job_id in tables.waits}
            return {job_id: reason for job_id, (epoch, reason) in waits.items() if in_force(tables, job_id, epoch)}

        return await self._database.run("reasons", find) if job_ids else {}


def in_force(tables: MemoryTables, job_id: str, epoch: int) -> bool:
    """Tell whether the worker that stored a reason still has its job."""
    row = tables.leases.get(job_id)
    return row is not None and row.owner is not None and row.epoch == epoch


class MemoryCheckpoints:
    """Where log readers store how far they have come. Every method raises Unavailable."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def load(self, name: str) -> StoredCheckpoint:
        """Return the checkpoint, zero when there is none."""
        return await self._database.run("checkpoint", lambda tables: tables.checkpoints.get(name, StoredCheckpoint()))

    async def save(self, name: str, *, position: int, sequence: int = 0) -> None:
        """Store it, whatever was there before."""
        checkpoint = StoredCheckpoint(position=position, sequence=sequence)
        await self._database.run("save", lambda tables: tables.checkpoints.update({name: checkpoint}))


class MemoryQueue:
    """The workers, and the jobs that wait for one. Every method raises Unavailable."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def workers(self) -> Sequence[WorkerRow]:
        """Return the processes that hold a lease, in the order of their names."""

        def find(tables: MemoryTables) -> Sequence[WorkerRow]:
            names: dict[str, list[str]] = {}
            for name, row in tables.leases.items():
                if row.owner is not None:
                    names.setdefault(row.owner, []).append(name)
            return [_worker_row(owner, names[owner]) for owner in sorted(names)[:MOST_WORKERS]]

        return await self._database.run("workers", find)

    async def ahead_of(self, job_id: str) -> int:
        """Return how many older jobs also wait for a free worker."""

        def count(tables: MemoryTables) -> int:
            own = tables.jobs.get(job_id)
            return sum(
                own is not None
                and job["step"] != NOTHING
                and job["due_at"] is None
                and tables.leases[job["job_id"]].owner is None
                and job["created_position"] < own["created_position"]
                for job in tables.jobs.values()
            )

        return await self._database.run("ahead_of", count)


def _worker_row(owner: str, names: Sequence[str]) -> WorkerRow:
    """Tell the jobs from the leader leases."""
    jobs = sum(not name.startswith("~") for name in names)
    return WorkerRow(name=owner, jobs=jobs, announces=jobs < len(names))
