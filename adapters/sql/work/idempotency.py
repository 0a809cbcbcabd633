"""Idempotency keys: a request that comes again is answered and not done twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from adapters.sql.database import Database
from adapters.sql.tables import IDEMPOTENCY_KEYS, insert_into
from domain.times import time_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What a key was first used for."""

    body_hash: str
    job_id: str


class IdempotencyKeys:
    """Reads and writes `idempotency_keys`. Every method raises Unavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def remember(self, key: str, request: Remembered, *, at: datetime) -> Remembered:
        """Store the request under the key, unless the key is used already; return the first request of the key."""

        def store(connection: sa.Connection) -> Remembered:
            new = insert_into(connection, IDEMPOTENCY_KEYS).values(
                key=key, body_hash=request.body_hash, job_id=request.job_id, created_at=time_text(at)
            )
            connection.execute(new.on_conflict_do_nothing(index_elements=["key"]))
            row = connection.execute(sa.select(IDEMPOTENCY_KEYS).where(IDEMPOTENCY_KEYS.c.key == key)).one()
            return Remembered(body_hash=row.body_hash, job_id=row.job_id)

        return await self._database.write(store)

    async def forget(self, *, before: datetime) -> int:
        """Remove older keys, and return how many."""
        statement = sa.delete(IDEMPOTENCY_KEYS).where(IDEMPOTENCY_KEYS.c.created_at < time_text(before))
        return await self._database.write(lambda connection: connection.execute(statement).rowcount)
