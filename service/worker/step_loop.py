"""One job's way from step to step, for as long as this worker holds its lease."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from domain.errors import Fenced, IllegalMove, Unavailable, VersionConflict
from domain.steps import Step, StepKind, next_steps
from service.worker.downloading import Downloading
from service.worker.leased_job import LeasedJob, Stopping
from service.worker.rendering import Rendering
from service.worker.settling import Settling
from service.worker.unforeseen import Unforeseen

log = structlog.get_logger()

SHORTEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.5, 15.0
MOST_ILLEGAL_MOVES = 3
NO_STEP = "none"
"""How the metrics call what broke outside of every step."""


@dataclass(slots=True)
class StepBackoff:
    """What went wrong with one job since the last step that went well."""

    wait_seconds: float = SHORTEST_WAIT_SECONDS
    illegal_moves: int = 0
    was_postponed: bool = False


class StepLoop:
    """Does the steps that the job's state asks for."""

    def __init__(
        self, rendering: Rendering, downloading: Downloading, settling: Settling, unforeseen: Unforeseen
    ) -> None:
        self._rendering = rendering
        self._downloading = downloading
        self._unforeseen = unforeseen
        self._steps = {
            StepKind.REQUEST: rendering.request,
            StepKind.RECONCILE: rendering.reconcile,
            StepKind.FOLLOW: rendering.follow,
            StepKind.DOWNLOAD: downloading.download,
            StepKind.COMPLETE: downloading.complete,
            StepKind.SETTLE: settling.settle,
        }

    async def run(self, leased: LeasedJob) -> None:
        """Go on with the job until it rests. Raises Fenced, Stopping; a step that meets an outage is done again."""
        backoff = StepBackoff()
        while not leased.released and (steps := next_steps(leased.job)):
            leased.check_stop()
            # The job has changed after each step, and with it what is to be done: so one at a time.
            await self._do(leased, steps[0], backoff)
        if leased.job.is_final and leased.job.output_url is not None:
            await self._downloading.tidy(leased)

    async def _do(self, leased: LeasedJob, step: Step, backoff: StepBackoff) -> None:
        """Do one step, so that what it raises changes nothing but the job and its backoff. Raises Fenced, Stopping."""
        try:
            await self._try(leased, step, backoff)
        except VersionConflict:
            await leased.reload()
        except Unavailable as error:
            await self._postpone(leased, step, backoff, error)

    async def _try(self, leased: LeasedJob, step: Step, backoff: StepBackoff) -> None:
        """Try one step. What it raises beside what is expected of every step ends the attempt."""
        try:
            await self._steps[step.kind](leased)
        except (VersionConflict, Unavailable, Fenced, Stopping):
            raise
        except IllegalMove as error:
            backoff.illegal_moves += 1
            if backoff.illegal_moves > MOST_ILLEGAL_MOVES:
                await self._unforeseen.take(leased, step, error)
                return
            log.warning("step_overtaken", job_id=leased.job_id, step=str(step.kind), reason=str(error))
            await leased.reload()
        except Exception as error:  # noqa: BLE001 - `take` logs it: an adapter, a codec or we ourselves broke
            await self._unforeseen.take(leased, step, error)
        else:
            backoff.wait_seconds, backoff.illegal_moves = SHORTEST_WAIT_SECONDS, 0
            if backoff.was_postponed:
                backoff.was_postponed = False
                await leased.waiting_for.clear()

    async def _postpone(self, leased: LeasedJob, step: Step, backoff: StepBackoff, error: Unavailable) -> None:
        """Say why, and wait: as long as the error says, else longer each time."""
        log.warning("step_postponed", job_id=leased.job_id, step=str(step.kind), reason=str(error))
        backoff.was_postponed = True
        await leased.waiting_for.set(str(error))
        await leased.pause(error.retry_after_seconds or backoff.wait_seconds)
        backoff.wait_seconds = min(backoff.wait_seconds * 2, LONGEST_WAIT_SECONDS)

    def note_broken(self, job_id: str, error: Exception) -> None:
        """Log and count what broke outside of every step, as when a history cannot be read."""
        self._unforeseen.note(job_id, NO_STEP, error)

    async def abandon(self, leased: LeasedJob | None) -> None:
        """Stop what this process does for a job that another worker has now."""
        if leased is not None:
            await self._rendering.abandon(leased.job)
