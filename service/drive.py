"""One job's way from step to step, for as long as this worker holds its lease."""

from __future__ import annotations

import structlog

from domain.errors import IllegalMove, Unavailable, VersionConflict
from domain.work import Step, next_step
from service.assignment import Assignment
from service.downloading import Downloading
from service.rendering import Rendering
from service.settling import Settling

log = structlog.get_logger()

SHORTEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.5, 15.0
MOST_ILLEGAL_MOVES = 3


class Driver:
    """Chooses the step that the job's state asks for, and does it."""

    def __init__(self, rendering: Rendering, downloading: Downloading, settling: Settling) -> None:
        self._rendering = rendering
        self._downloading = downloading
        self._steps = {
            Step.REQUEST: rendering.request,
            Step.RECONCILE: rendering.reconcile,
            Step.FOLLOW: rendering.follow,
            Step.DOWNLOAD: downloading.download,
            Step.COMPLETE: downloading.complete,
            Step.SETTLE: settling.settle,
        }

    async def drive(self, work: Assignment) -> None:
        """Go on with the job until it rests. Raises Fenced, Stopping; a step that meets an outage is done again."""
        wait_seconds, illegal_moves, was_postponed = SHORTEST_WAIT_SECONDS, 0, False
        while not work.released and (step := next_step(work.job)) is not Step.NOTHING:
            work.check_stop()
            try:
                await self._steps[step](work)
            except VersionConflict:
                await work.reload()
            except IllegalMove as error:
                illegal_moves += 1
                if illegal_moves > MOST_ILLEGAL_MOVES:
                    raise
                log.warning("step_overtaken", job_id=work.job_id, step=str(step), reason=str(error))
                await work.reload()
            except Unavailable as error:
                log.warning("step_postponed", job_id=work.job_id, step=str(step), reason=str(error))
                was_postponed = True
                await work.wait.because(str(error))
                await work.pause(error.retry_after_seconds or wait_seconds)
                wait_seconds = min(wait_seconds * 2, LONGEST_WAIT_SECONDS)
            else:
                wait_seconds, illegal_moves = SHORTEST_WAIT_SECONDS, 0
                if was_postponed:
                    was_postponed = False
                    await work.wait.over()
        if work.job.is_final and work.job.output_url is not None:
            await self._downloading.tidy(work)

    async def abandon(self, work: Assignment | None) -> None:
        """Stop what this process does for a job that another worker has now."""
        if work is not None:
            await self._rendering.abandon(work.job)
