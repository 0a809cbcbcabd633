"""The steps of one job, one after another, while this worker has its lease."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from domain.errors import Fenced, IllegalMove, Unavailable, VersionConflict
from domain.steps import Step, StepKind, next_steps
from service.worker.downloading import Downloading
from service.worker.leased_job import LeasedJob, Stopping
from service.worker.renderers import RendererAway
from service.worker.rendering import Rendering
from service.worker.settling import Settling
from service.worker.unexpected_errors import UnexpectedErrors

log = structlog.get_logger()

AWAY_SECONDS = 30.0
"""How long a job is kept whose renderer is not configured here; then another worker may look at it."""
SHORTEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.5, 15.0
MOST_ILLEGAL_MOVES = 3
NO_STEP = "none"
"""The label of the metrics for an error outside of every step."""


@dataclass(slots=True)
class StepBackoff:
    """What went wrong with one job since its last successful step."""

    wait_seconds: float = SHORTEST_WAIT_SECONDS
    illegal_moves: int = 0
    was_postponed: bool = False


class StepLoop:
    """Does what `next_steps` says."""

    def __init__(
        self,
        rendering: Rendering,
        downloading: Downloading,
        settling: Settling,
        unexpected_errors: UnexpectedErrors,
    ) -> None:
        self._rendering = rendering
        self._downloading = downloading
        self._unexpected_errors = unexpected_errors
        self._steps = {
            StepKind.REQUEST: rendering.requesting.request,
            StepKind.RECONCILE: rendering.reconciling.reconcile,
            StepKind.FOLLOW: rendering.following.follow,
            StepKind.DOWNLOAD: downloading.download,
            StepKind.COMPLETE: downloading.complete,
            StepKind.SETTLE: settling.settle,
        }

    async def run(self, leased: LeasedJob) -> None:
        """Do steps until the job is idle; a step that raises Unavailable is retried. Raises Fenced, Stopping."""
        backoff = StepBackoff()
        while not leased.released and (steps := next_steps(leased.job)):
            leased.check_stop()
            # One at a time: each step changes the job, and with it the next steps.
            if not await self._do(leased, steps[0], backoff):
                return
        if leased.job.is_final and leased.job.output_url is not None:
            await self._downloading.clean_up(leased)

    async def _do(self, leased: LeasedJob, step: Step, backoff: StepBackoff) -> bool:
        """Do one step; after an error the job is loaded again, or the step postponed. False: put the job down.

        Raises Fenced, Stopping.
        """
        try:
            await self._try(leased, step, backoff)
        except VersionConflict:
            await leased.reload()
        except Unavailable as error:
            await self._postpone(leased, step, backoff, error)
        except RendererAway as away:
            return await self._wait_for_renderer(leased, away)
        return True

    async def _wait_for_renderer(self, leased: LeasedJob, away: RendererAway) -> bool:
        """Keep the job for a while without taking a worker's place. Return whether somebody changed it meanwhile."""
        log.warning("renderer_away", job_id=leased.job_id, reason=str(away))
        await leased.waiting_for.set(str(away))
        before = leased.job
        with leased.parked():
            await leased.pause(AWAY_SECONDS)
        return leased.job is not before

    async def _try(self, leased: LeasedJob, step: Step, backoff: StepBackoff) -> None:
        """Try one step. An unexpected error ends the attempt. Raises VersionConflict, Unavailable, Fenced, Stopping."""
        try:
            await self._steps[step.kind](leased)
        except (VersionConflict, Unavailable, RendererAway, Fenced, Stopping):
            raise
        except IllegalMove as error:
            backoff.illegal_moves += 1
            if backoff.illegal_moves > MOST_ILLEGAL_MOVES:
                await self._unexpected_errors.handle(leased, step, error)
                return
            log.warning("step_overtaken", job_id=leased.job_id, step=str(step.kind), reason=str(error))
            await leased.reload()
        except Exception as error:  # noqa: BLE001 - `handle` logs it: a bug of ours, of an adapter or of a codec
            await self._unexpected_errors.handle(leased, step, error)
        else:
            backoff.wait_seconds, backoff.illegal_moves = SHORTEST_WAIT_SECONDS, 0
            if backoff.was_postponed:
                backoff.was_postponed = False
                await leased.waiting_for.clear()

    async def _postpone(self, leased: LeasedJob, step: Step, backoff: StepBackoff, error: Unavailable) -> None:
        """Store the reason, and wait: as long as the error says, else twice as long each time."""
        log.warning("step_postponed", job_id=leased.job_id, step=str(step.kind), reason=str(error))
        backoff.was_postponed = True
        await leased.waiting_for.set(str(error))
        await leased.pause(error.retry_after_seconds or backoff.wait_seconds)
        backoff.wait_seconds = min(backoff.wait_seconds * 2, LONGEST_WAIT_SECONDS)

    def record_error(self, job_id: str, error: Exception) -> None:
        """Log and count an error outside of every step, such as a history that cannot be read."""
        self._unexpected_errors.record(job_id, NO_STEP, error)

    async def abandon(self, leased: LeasedJob | None) -> None:
        """Stop local work on a job that another worker has."""
        if leased is not None:
            await self._rendering.abandon(leased.job)
