"""Where readers of the event table remember how far they are."""

from __future__ import annotations

import sqlalchemy as sa

from adapters.sql.database import Database
from adapters.sql.tables import CHECKPOINTS
from domain.ports import Checkpoint

_SAVE = sa.text(
    "INSERT INTO checkpoints (name, position, sequence) VALUES (:name, :position, :sequence) "
    "ON CONFLICT (name) DO UPDATE SET position = excluded.position, sequence = excluded.sequence"
)


class SqlCheckpoints:
    """Implements `Checkpoints`. Every method raises Unavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, name: str) -> Checkpoint:
        """Return the checkpoint, zero when there is none."""
        query = sa.select(CHECKPOINTS.c.position, CHECKPOINTS.c.sequence).where(CHECKPOINTS.c.name == name)
        row = await self._database.read(lambda connection: connection.execute(query).first())
        return Checkpoint() if row is None else Checkpoint(position=row.position, sequence=row.sequence)

    async def save(self, name: str, checkpoint: Checkpoint) -> None:
        """Store it, whatever was there before. The stream itself knows better: its loss does no harm."""
        values = {"name": name, "position": checkpoint.position, "sequence": checkpoint.sequence}
        await self._database.touch(lambda connection: connection.execute(_SAVE, values))
