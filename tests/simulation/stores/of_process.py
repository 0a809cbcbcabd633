"""All stores of one simulated process, each of which a type checker accepts as the port that it stands for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from service.clock import Clock
from service.housekeeping.retention import EndedJobs
from service.http.dependencies import Queue
from service.intake.approvals import Restores
from service.jobs.event_store import EventStore
from service.jobs.listing import Rows
from service.jobs.waiting_for import WaitingFor
from service.log_readers.checkpoints import Checkpoints
from service.log_readers.reader import Leadership
from service.worker.leases import Leases
from service.worker.runner import StoredVersions
from service.worker.searching import Renders
from tests.simulation.stores.database import MemoryDatabase
from tests.simulation.stores.edges import MemoryIdempotencyKeys, MemoryRestores
from tests.simulation.stores.event_store import MemoryEventStore
from tests.simulation.stores.leader_lease import MemoryLeaderLease
from tests.simulation.stores.leases import MemoryLeases
from tests.simulation.stores.read_model import MemoryEndedJobs, MemoryJobs
from tests.simulation.stores.work import MemoryCheckpoints, MemoryQueue, MemoryRenders, MemoryWaitingFor


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryStores:
    """The stores of one process over its way to the shared tables; `events` is to be started."""

    events: MemoryEventStore
    jobs: MemoryJobs
    ended_jobs: MemoryEndedJobs
    leases: MemoryLeases
    relay_lease: MemoryLeaderLease
    renders: MemoryRenders
    waiting_for: MemoryWaitingFor
    checkpoints: MemoryCheckpoints
    queue: MemoryQueue
    restores: MemoryRestores
    idempotency: MemoryIdempotencyKeys


def make_memory_stores(
    database: MemoryDatabase,
    *,
    owner: str,
    lease_seconds: float,
    clock: Clock,
    database_now: Callable[[], datetime] | None = None,
) -> MemoryStores:
    """Make the stores of the process `owner`, a name that no other process ever has.

    Events are stored under the time of `database_now`, without it under that of the own clock.
    """
    monotonic = clock.monotonic
    return MemoryStores(
        events=MemoryEventStore(database, now=database_now or clock.now),
        jobs=MemoryJobs(database),
        ended_jobs=MemoryEndedJobs(database),
        leases=MemoryLeases(database, owner=owner, lease_seconds=lease_seconds, now=clock.now, monotonic=monotonic),
        relay_lease=MemoryLeaderLease(database, "relay", owner=owner, lease_seconds=lease_seconds, monotonic=monotonic),
        renders=MemoryRenders(database, now=database_now or clock.now),
        waiting_for=MemoryWaitingFor(database),
        checkpoints=MemoryCheckpoints(database),
        queue=MemoryQueue(database),
        restores=MemoryRestores(database),
        idempotency=MemoryIdempotencyKeys(database),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StorePorts:
    """The ports that the service asks of its stores."""

    events: EventStore
    rows: Rows
    versions: StoredVersions
    ended_jobs: EndedJobs
    leases: Leases
    leadership: Leadership
    renders: Renders
    waiting_for: WaitingFor
    checkpoints: Checkpoints
    queue: Queue
    restores: Restores


def ports_of(stores: MemoryStores) -> StorePorts:
    """Return each store as its port."""
    return StorePorts(
        events=stores.events,
        rows=stores.jobs,
        versions=stores.jobs,
        ended_jobs=stores.ended_jobs,
        leases=stores.leases,
        leadership=stores.relay_lease,
        renders=stores.renders,
        waiting_for=stores.waiting_for,
        checkpoints=stores.checkpoints,
        queue=stores.queue,
        restores=stores.restores,
    )
