"""History on its way out and in: exports, imports, copies, archives, and what a restore leaves to do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import BinaryIO, TypeAlias

from adapters.sql import schema
from adapters.sql.history import backup as copying
from adapters.sql.history import export as exporting
from adapters.sql.history import load as loading
from adapters.sql.history.export import Exported
from adapters.sql.history.load import Loaded
from adapters.sql.history.restores import SqlRestores
from adapters.sql.read.ended import SqlEndedJobs
from service.wiring.clock import CLOCK
from service.wiring.stores import Stores

LoadedHistory: TypeAlias = Loaded


def export_history(stores: Stores, *, job_ids: Sequence[str] = ()) -> AsyncIterator[Exported]:
    """Write the whole history, or that of some jobs, as JSON Lines. Raises NotFound, Refused, Unavailable."""
    if job_ids:
        return exporting.export_jobs(stores.db, job_ids, created_at=CLOCK.now())
    return exporting.export(stores.db, created_at=CLOCK.now())


async def load_history(stores: Stores, file: BinaryIO, *, moved: bool, progress: Callable[[str], None]) -> Loaded:
    """Make the tables and fill them. Raises VersionConflict where there are events already, Refused, Unavailable.

    `moved`: nothing ran since the export was made, so that nobody else knows of anything newer.
    """
    await schema.migrate(stores.db)
    await schema.check(stores.db)
    return await loading.load(stores.db, file, restored_at=None if moved else CLOCK.now(), progress=progress)


async def back_up(stores: Stores, target: Path) -> int:
    """Copy a SQLite database beside its writers; return the copy's last position. Raises Refused, Unavailable."""
    return await copying.backup(stores.db, target)


def make_restores(stores: Stores) -> SqlRestores:
    """Make what remembers restores."""
    return SqlRestores(stores.db)


def make_ended_jobs(stores: Stores) -> SqlEndedJobs:
    """Make what finds jobs that ended long ago."""
    return SqlEndedJobs(stores.db)
