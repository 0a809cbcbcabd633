"""Exports, imports and copies of the history."""

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
from service.wiring.clock import CLOCK
from service.wiring.stores import Stores

LoadedHistory: TypeAlias = Loaded


def export_history(stores: Stores, *, job_ids: Sequence[str] = ()) -> AsyncIterator[Exported]:
    """Yield the history of all jobs, or of some, as JSON Lines. Raises NotFound, Refused, Unavailable."""
    if job_ids:
        return exporting.export_jobs(stores.db, job_ids, created_at=CLOCK.now())
    return exporting.export(stores.db, created_at=CLOCK.now())


async def load_history(stores: Stores, file: BinaryIO, *, moved: bool, progress: Callable[[str], None]) -> Loaded:
    """Make the tables and load an export. Raises VersionConflict where there are events already, Refused, Unavailable.

    `moved`: no service has run since the export, so that no job can be newer than it.
    """
    await schema.migrate(stores.db)
    await schema.check(stores.db)
    return await loading.load(stores.db, file, restored_at=None if moved else CLOCK.now(), progress=progress)


async def back_up(stores: Stores, target: Path) -> int:
    """Copy a SQLite database while it is in use; return the copy's last position. Raises Refused, Unavailable."""
    return await copying.backup(stores.db, target)
