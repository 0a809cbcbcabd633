"""Cancel and retry, by whatever way they come: the bus, HTTP or the command line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

import msgspec

from domain.commands import Cancel, Retry
from domain.errors import NotFound
from domain.job import Job
from domain.machine import Status
from service.intake.reading import UnreadableError, read_job_id
from service.jobs.repository import JobRepository

LONGEST_NAME = 200
LONGEST_REASON = 2000
SETTLING_SECONDS = 5.0
LOOK_SECONDS = 0.1


class JobOperations:
    """Cancel and retry, as orders to jobs: `payload` is `{"job_id", "by"?, "reason"?}`."""

    def __init__(self, repository: JobRepository, *, now: Callable[[], datetime], download_seconds: float) -> None:
        self._repository = repository
        self._now = now
        self._download_seconds = download_seconds

    async def cancel(self, payload: bytes) -> dict[str, object]:
        """Cancel a job. Raises ReelwrightError."""
        job_id, by, reason = _read_order(payload)
        return _ok(await self.give(job_id, Cancel(by=by, reason=reason)))

    async def retry(self, payload: bytes) -> dict[str, object]:
        """Retry a failed job. Raises ReelwrightError."""
        job_id, by, _ = _read_order(payload)
        return _ok(await self.give(job_id, self.retry_by(by)))

    def retry_by(self, by: str) -> Retry:
        """Return the order to try again, as of now."""
        return Retry(by=by, at=self._now(), download_seconds=self._download_seconds)

    async def give(self, job_id: str, command: Cancel | Retry) -> Job:
        """Give the order to a job that exists, and tell whoever works on it.

        A retry that comes while the last render is just being ended waits for that, some seconds at most.
        Raises NotFound, IllegalMove, Unavailable.
        """
        for _ in range(round(SETTLING_SECONDS / LOOK_SECONDS)):
            job = await self._repository.load(job_id)
            if job.status is Status.NEW:
                raise NotFound(f"There is no job {job_id}")
            if not (isinstance(command, Retry) and job.status is Status.FAILED and job.open_renders):
                break
            await asyncio.sleep(LOOK_SECONDS)
        return await self._repository.command(job_id, command)


def _ok(job: Job) -> dict[str, object]:
    return {"ok": True, "status": str(job.status)}


def _read_order(payload: bytes) -> tuple[str, str, str | None]:
    try:
        body = msgspec.json.decode(payload)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise UnreadableError("Not JSON") from error
    if not isinstance(body, dict):
        raise UnreadableError("Not a JSON object")
    by, reason = body.get("by"), body.get("reason")
    return (
        read_job_id(body.get("job_id")),
        by[:LONGEST_NAME] if isinstance(by, str) and by else "nats",
        reason[:LONGEST_REASON] if isinstance(reason, str) and reason else None,
    )
