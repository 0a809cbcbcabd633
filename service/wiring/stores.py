"""Makes everything that uses the database."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial

from adapters.sql import schema
from adapters.sql.database import Database
from adapters.sql.history import rebuild as rebuilding
from adapters.sql.history import verify as verification
from adapters.sql.history.rebuild import Rebuilt
from adapters.sql.history.restores import SqlRestores
from adapters.sql.history.verify import Finding
from adapters.sql.log import lookups
from adapters.sql.log.event_store import SqlEventStore
from adapters.sql.log.recording_clock import LOG_AHEAD_SECONDS
from adapters.sql.read.ended import SqlEndedJobs
from adapters.sql.read.jobs import SqlJobs
from adapters.sql.work.checkpoints import SqlCheckpoints
from adapters.sql.work.idempotency import IdempotencyKeys
from adapters.sql.work.leader_lease import SqlLeaderLease
from adapters.sql.work.leases import SqlLeases
from adapters.sql.work.renders import SqlRenders
from adapters.sql.work.waiting_for import SqlWaitingFor
from domain.times import read_time
from service.jobs.listing import JobList
from service.settings import Settings
from service.wiring.clock import CLOCK, new_id

CLOCK_TOLERANCE_SECONDS = 5.0
"""By how much the own clock may differ from the database's before events are stored under the time of the latter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """The database, and everything that uses it."""

    db: Database
    events: SqlEventStore
    jobs: JobList
    leases: SqlLeases
    renders: SqlRenders
    checkpoints: SqlCheckpoints
    idempotency: IdempotencyKeys
    relay_lease: SqlLeaderLease
    waiting_for: SqlWaitingFor
    restores: SqlRestores
    ended_jobs: SqlEndedJobs

    async def prepare(self) -> None:
        """Make or upgrade the tables, check their guards, and start the writer. Raises Unavailable, Refused."""
        await schema.migrate(self.db)
        await self.check()
        await self.events.start()

    async def check(self) -> None:
        """Check that the tables are up to date and guarded; change nothing. Raises Unavailable, Refused."""
        await schema.check(self.db)

    async def log_ahead_seconds(self) -> float | None:
        """Return how far the newest event's time lies ahead of now, None up to a minute. Raises Unavailable."""
        state = await self.db.read(partial(lookups.state, job_ids=()))
        ahead = read_time(state.head.recorded_at) - (state.database_time or CLOCK.now())
        return ahead.total_seconds() if ahead.total_seconds() > LOG_AHEAD_SECONDS else None

    async def close(self) -> None:
        """Finish the appends under way and close every connection."""
        await self.events.close()
        await self.db.close()


def make_stores(settings: Settings) -> Stores:
    """Make the stores; nothing is opened yet."""
    db = Database(settings.database_url, data_dir=settings.data_dir)
    owner, lease_seconds = _worker_name(), settings.lease_seconds
    waiting_for = SqlWaitingFor(db)
    return Stores(
        db=db,
        events=SqlEventStore(db, now=CLOCK.now, clock_tolerance_seconds=CLOCK_TOLERANCE_SECONDS),
        jobs=JobList(SqlJobs(db), waiting_for),
        leases=SqlLeases(db, owner=owner, lease_seconds=lease_seconds, now=CLOCK.now, monotonic=CLOCK.monotonic),
        renders=SqlRenders(db),
        checkpoints=SqlCheckpoints(db),
        idempotency=IdempotencyKeys(db),
        relay_lease=SqlLeaderLease(db, "relay", owner=owner, lease_seconds=lease_seconds, monotonic=CLOCK.monotonic),
        waiting_for=waiting_for,
        restores=SqlRestores(db),
        ended_jobs=SqlEndedJobs(db),
    )


async def migrate(settings: Settings) -> tuple[str, str]:
    """Make or upgrade the tables; return the database's name and the schema's version. Raises Unavailable, Refused."""
    db = Database(settings.database_url, data_dir=settings.data_dir)
    try:
        return db.name, await schema.migrate(db)
    finally:
        await db.close()


def verify(stores: Stores) -> AsyncIterator[Finding]:
    """Check the hash chain, fold every job and compare the stored states. Raises Unavailable."""
    return verification.verify(stores.db)


async def rebuild(stores: Stores) -> Rebuilt:
    """Make the read model again from the events. Raises Unavailable."""
    return await rebuilding.rebuild(stores.db)


def _worker_name() -> str:
    """Return a name under which a person finds this process: host, process id and a part of a new id."""
    return f"{socket.gethostname()}-{os.getpid()}-{new_id()[-8:]}"
