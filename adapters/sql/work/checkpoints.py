"""Where log readers store how far they have come."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from adapters.sql.database import Database
from adapters.sql.tables import CHECKPOINTS

_SAVE = sa.text(
    "INSERT INTO checkpoints (name, position, sequence) VALUES (:name, :position, :sequence) "
    "ON CONFLICT (name) DO UPDATE SET position = excluded.position, sequence = excluded.sequence"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCheckpoint:
    """How far a reader has come: a position of the log, and the sequence of the stream that it writes to."""

    position: int = 0
    sequence: int = 0


class SqlCheckpoints:
    """Reads and writes `checkpoints`. Every method raises Unavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, name: str) -> StoredCheckpoint:
        """Return the checkpoint, zero when there is none."""
        query = sa.select(CHECKPOINTS.c.position, CHECKPOINTS.c.sequence).where(CHECKPOINTS.c.name == name)
        row = await self._database.read(lambda connection: connection.execute(query).first())
        return StoredCheckpoint() if row is None else StoredCheckpoint(position=row.position, sequence=row.sequence)

    async def save(self, name: str, *, position: int, sequence: int = 0) -> None:
        """Store it, whatever was there before. It may be lost: the stream knows what it holds."""
        values = {"name": name, "position": position, "sequence": sequence}
        await self._database.touch(lambda connection: connection.execute(_SAVE, values))
