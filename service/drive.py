"""One job's way from step to step, for as long as this worker holds its lease."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from domain.errors import Fenced, IllegalMove, Unavailable, VersionConflict
from domain.work import Step, next_step
from service.assignment import Assignment, Stopping
from service.downloading import Downloading
from service.rendering import Rendering
from service.settling import Settling
from service.unforeseen import Unforeseen

log = structlog.get_logger()

SHORTEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.5, 15.0
MOST_ILLEGAL_MOVES = 3
NO_STEP = "none"
"""How the metrics call what broke outside of every step."""


@dataclass(slots=True)
class Patience:
    """What went wrong with one job since the last step that went well."""

    wait_seconds: float = SHORTEST_WAIT_SECONDS
    illegal_moves: int = 0
    was_postponed: bool = False


class Driver:
    """Chooses the step that the job's state asks for, and does it."""

    def __init__(
        self, rendering: Rendering, downloading: Downloading, settling: Settling, unforeseen: Unforeseen
    ) -> None:
        self._rendering = rendering
        self._downloading = downloading
        self._unforeseen = unforeseen
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
        patience = Patience()
        while not work.released and (step := next_step(work.job)) is not Step.NOTHING:
            work.check_stop()
            try:
                await self._do(work, step, patience)
            except VersionConflict:
                await work.reload()
            except Unavailable as error:
                await self._postpone(work, step, patience, error)
        if work.job.is_final and work.job.output_url is not None:
            await self._downloading.tidy(work)

    async def _do(self, work: Assignment, step: Step, patience: Patience) -> None:
        """Do one step. What it raises beside what is expected of every step ends the attempt."""
        try:
            await self._steps[step](work)
        except (VersionConflict, Unavailable, Fenced, Stopping):
            raise
        except IllegalMove as error:
            patience.illegal_moves += 1
            if patience.illegal_moves > MOST_ILLEGAL_MOVES:
                await self._unforeseen.take(work, step, error)
                return
            log.warning("step_overtaken", job_id=work.job_id, step=str(step), reason=str(error))
            await work.reload()
        except Exception as error:  # noqa: BLE001 - `take` logs it: an adapter, a codec or we ourselves broke
            await self._unforeseen.take(work, step, error)
        else:
            patience.wait_seconds, patience.illegal_moves = SHORTEST_WAIT_SECONDS, 0
            if patience.was_postponed:
                patience.was_postponed = False
                await work.wait.over()

    async def _postpone(self, work: Assignment, step: Step, patience: Patience, error: Unavailable) -> None:
        """Say why, and wait: as long as the error says, else longer each time."""
        log.warning("step_postponed", job_id=work.job_id, step=str(step), reason=str(error))
        patience.was_postponed = True
        await work.wait.because(str(error))
        await work.pause(error.retry_after_seconds or patience.wait_seconds)
        patience.wait_seconds = min(patience.wait_seconds * 2, LONGEST_WAIT_SECONDS)

    def note_broken(self, job_id: str, error: Exception) -> None:
        """Log and count what broke outside of every step, as when a history cannot be read."""
        self._unforeseen.note(job_id, NO_STEP, error)

    async def abandon(self, work: Assignment | None) -> None:
        """Stop what this process does for a job that another worker has now."""
        if work is not None:
            await self._rendering.abandon(work.job)
