"""Everything that is kept in the database, put together."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass

from adapters.sql import schema
from adapters.sql.database import Database
from adapters.sql.history import rebuild as rebuilding
from adapters.sql.history import verify as verification
from adapters.sql.history.rebuild import Rebuilt
from adapters.sql.history.verify import Finding
from adapters.sql.log.event_store import SqlEventStore
from adapters.sql.read.jobs import SqlJobs
from adapters.sql.work.checkpoints import SqlCheckpoints
from adapters.sql.work.idempotency import IdempotencyKeys
from adapters.sql.work.leader_lease import SqlLeaderLease
from adapters.sql.work.leases import SqlLeases
from adapters.sql.work.renders import SqlRenders
from adapters.sql.work.waiting_for import SqlWaitingFor
from service.jobs.listing import JobList
from service.settings import Settings
from service.wiring.clock import CLOCK, new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """Everything that is kept in the database."""

    db: Database
    events: SqlEventStore
    jobs: JobList
    leases: SqlLeases
    renders: SqlRenders
    checkpoints: SqlCheckpoints
    idempotency: IdempotencyKeys
    relay_lease: SqlLeaderLease
    waiting_for: SqlWaitingFor

    async def prepare(self) -> None:
        """Bring the schema up to date and check that nobody weakened it. Raises Unavailable, Refused."""
        await schema.migrate(self.db)
        await schema.check(self.db)
        await self.events.start()

    async def check(self) -> None:
        """Look whether the schema is current and guarded, and change nothing. Raises Unavailable, Refused."""
        await schema.check(self.db)

    async def close(self) -> None:
        """Finish what is under way and close every connection."""
        await self.events.close()
        await self.db.close()


def make_stores(settings: Settings) -> Stores:
    """Name the database; nothing is opened yet."""
    db = Database(settings.database_url, data_dir=settings.data_dir)
    owner, lease_seconds = worker_name(), settings.lease_seconds
    waiting_for = SqlWaitingFor(db)
    return Stores(
        db=db,
        events=SqlEventStore(db, now=CLOCK.now),
        jobs=JobList(SqlJobs(db), waiting_for),
        leases=SqlLeases(
            db,
            owner=owner,
            lease_seconds=lease_seconds,
            now=CLOCK.now,
            monotonic=CLOCK.monotonic,
        ),
        renders=SqlRenders(db),
        checkpoints=SqlCheckpoints(db),
        idempotency=IdempotencyKeys(db),
        relay_lease=SqlLeaderLease(db, "relay", owner=owner, lease_seconds=lease_seconds, monotonic=CLOCK.monotonic),
        waiting_for=waiting_for,
    )


async def migrate(settings: Settings) -> tuple[str, str]:
    """Make or upgrade the tables; return where they are and their version. Raises Unavailable, Refused."""
    db = Database(settings.database_url, data_dir=settings.data_dir)
    try:
        return db.name, await schema.migrate(db)
    finally:
        await db.close()


def verify(stores: Stores) -> AsyncIterator[Finding]:
    """Walk the hash chain, fold every job, and compare with what is stored. Raises Unavailable."""
    return verification.verify(stores.db)


async def rebuild(stores: Stores) -> Rebuilt:
    """Make the read model again from the events. Raises Unavailable."""
    return await rebuilding.rebuild(stores.db)


def worker_name() -> str:
    """Name this process so that a person finds it: host, process id, and something that no other start has."""
    return f"{socket.gethostname()}-{os.getpid()}-{new_id()[-8:]}"
