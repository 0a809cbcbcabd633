"""The stored history of one job, and the error for an unknown job."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from service.cli.problems import CliError, ExitCode
from service.cli.session import open_database
from service.jobs.history import JobHistory, read_history
from service.settings import Settings

if TYPE_CHECKING:
    from service.wiring.stores import Stores


async def load_history(
    settings: Settings, job_id: str, *, version: int | None = None, at: datetime | None = None
) -> JobHistory:
    """Open the database and read a job as it is, or as it was after `version` events or at a moment."""
    async with open_database(settings) as stores:
        whole = await history_of(stores, job_id)
    history = whole if version is None else whole.upto_version(version)
    if history is None:
        raise _too_early(job_id, f"it has {len(whole.events)} events, and version {version} was asked for")
    if at is not None and (history := history.upto_moment(at)) is None:
        raise _too_early(job_id, f"its first event was stored at {whole.events[0].recorded_at.isoformat()}")
    return history


async def history_of(stores: Stores, job_id: str) -> JobHistory:
    """Read a job as it is."""
    history = await read_history(stores.events, job_id)
    if history is None:
        raise unknown(job_id)
    return history


def unknown(job_id: str) -> CliError:
    """Return the error for a job that does not exist."""
    return CliError(
        f"There is no job {job_id}",
        why="no event of it was ever stored here",
        next_step="reelwright jobs",
        exit_code=ExitCode.NOT_FOUND,
    )


def _too_early(job_id: str, why: str) -> CliError:
    return CliError(
        f"Job {job_id} was never like that",
        why=why,
        next_step=f"reelwright show {job_id}   (lists its events)",
        exit_code=ExitCode.NOT_FOUND,
    )
