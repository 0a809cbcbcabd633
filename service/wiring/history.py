"""Exports, imports and copies of the history."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
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
UnfinishedHistory: TypeAlias = loading.UnfinishedJobs


def export_history(stores: Stores, *, job_ids: Sequence[str] = ()) -> AsyncIterator[Exported]:
    """Yield the history of all jobs, or of some, as JSON Lines. Raises NotFound, Refused, Unavailable."""
    if job_ids:
        return exporting.export_jobs(stores.db, job_ids, created_at=CLOCK.now())
    return exporting.export(stores.db, created_at=CLOCK.now())


async def load_history(
    stores: Stores,
    file: BinaryIO,
    *,
    restored_at: datetime | None,
    takes_over: bool,
    progress: Callable[[str], None],
) -> Loaded:
    """Make the tables and load an export. Raises VersionConflict where there are events already, Refused, Unavailable.

    `restored_at`: None where no service has run since the export, so that no job can be newer than it.
    `takes_over`: the original does not work any more; else an unfinished job raises UnfinishedHistory.
    """
    await schema.migrate(stores.db)
    await schema.check(stores.db)
    return await loading.load(stores.db, file, restored_at=restored_at, takes_over=takes_over, progress=progress)


async def back_up(stores: Stores, target: Path) -> int:
    """Copy a SQLite database while it is in use; return the copy's last position. Raises Refused, Unavailable."""
    return await copying.backup(stores.db, target)
