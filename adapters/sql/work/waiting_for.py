"""Why claimed jobs wait: a reason that is no event. It counts only while that worker has the lease."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from adapters.sql.database import Database
from adapters.sql.tables import LEASES, WAIT_IN_FORCE, WAITS, insert_into, texts
from domain.records import Lease

LONGEST_REASON = 500


class SqlWaitingFor:
    """Keeps the newest reason of each job. Every method raises Unavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def set(self, lease: Lease, reason: str) -> None:
        """Store why the job waits; an older epoch does not overwrite a newer one."""
        values = {"job_id": lease.job_id, "epoch": lease.epoch, "reason": _storable(reason)}

        def write(connection: sa.Connection) -> None:
            new = insert_into(connection, WAITS).values(**values)
            changes = {"epoch": new.excluded.epoch, "reason": new.excluded.reason}
            connection.execute(
                new.on_conflict_do_update(
                    index_elements=[WAITS.c.job_id], set_=changes, where=WAITS.c.epoch <= new.excluded.epoch
                )
            )

        await self._database.touch(write)

    async def clear(self, lease: Lease) -> None:
        """Remove the reason, and all reasons of dead workers."""
        leftover = ~sa.exists(sa.select(LEASES.c.job_id).where(WAIT_IN_FORCE))
        own = sa.and_(WAITS.c.job_id == lease.job_id, WAITS.c.epoch == lease.epoch)
        statement = sa.delete(WAITS).where(sa.or_(own, leftover))
        await self._database.touch(lambda connection: connection.execute(statement))

    async def of(self, job_ids: Sequence[str]) -> Mapping[str, str]:
        """Return the reason of each of these jobs that waits."""
        if not job_ids:
            return {}

        def find(connection: sa.Connection) -> Mapping[str, str]:
            query = (
                sa.select(WAITS.c.job_id, WAITS.c.reason)
                .join(LEASES, WAIT_IN_FORCE)
                .where(WAITS.c.job_id.in_(texts(connection, job_ids)))
            )
            return {str(job_id): str(reason) for job_id, reason in connection.execute(query)}

        return await self._database.read(find)


def _storable(reason: str) -> str:
    """Cut it and drop what a database cannot store: much of it comes from outside."""
    return reason.replace("\0", "")[:LONGEST_REASON].encode(errors="replace").decode()
