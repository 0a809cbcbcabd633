"""The stored history of one job, and what to say where there is none."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from service.cli.problems import CliError, ExitCode
from service.jobs.history import JobHistory, read_history

if TYPE_CHECKING:
    from service.wiring.stores import Stores


async def load_history(
    stores: Stores, job_id: str, *, version: int | None = None, at: datetime | None = None
) -> JobHistory:
    """Read a job as it is, or as it was after `version` events or at a moment."""
    history = await read_history(stores.events, job_id)
    if history is None:
        raise unknown(job_id)
    shown = history if version is None else history.upto_version(version)
    if shown is None:
        raise _too_early(job_id, f"it has {len(history.events)} events, and version {version} was asked for")
    if at is not None and (shown := shown.upto_moment(at)) is None:
        raise _too_early(job_id, f"its first event was stored at {history.events[0].recorded_at.isoformat()}")
    return shown


def unknown(job_id: str) -> CliError:
    """Return what to say of a job that nobody knows."""
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
