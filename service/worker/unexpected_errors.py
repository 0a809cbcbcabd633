"""The handler of unexpected errors of steps: the attempt fails, and the job continues or ends.

Where a render may be paid, the step is retried instead until the attempt's deadline. The renderer is never called here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

import structlog

from domain import commands as c
from domain.commands import Command
from domain.errors import IllegalMove, Unavailable, VersionConflict
from domain.job import Render
from domain.steps import Step, StepKind, next_steps
from service.worker.ends import unknown_end
from service.worker.leased_job import LeasedJob
from service.worker.policy import TIMEOUT, RenderPolicy

log = structlog.get_logger()


class UnexpectedErrors:
    """Handles the errors of all steps. `clean` removes secrets from a text."""

    def __init__(self, policy: RenderPolicy, *, clean: Callable[[str], str], count: Callable[[str], None]) -> None:
        self._policy = policy
        self._clean = clean
        self._count = count

    def record(self, job_id: str, step: str, error: Exception) -> None:
        """Log an error with its traceback, and count it."""
        self._count(step)
        log.error("job_broken", job_id=job_id, step=step, exc_info=error)

    async def handle(self, leased: LeasedJob, step: Step, error: Exception) -> None:
        """Append the event that ends the step's attempt. Raises Unavailable where the step is to be retried."""
        self.record(leased.job_id, str(step.kind), error)
        await leased.reload()
        if step not in next_steps(leased.job):
            return  # the step did its work before the error
        try:
            await leased.execute(self._end(leased, step.kind, self._clean(f"{type(error).__name__}: {error}")))
        except (VersionConflict, IllegalMove) as overtaken:
            raise Unavailable(str(overtaken)) from overtaken

    def _end(self, leased: LeasedJob, step: StepKind, cause: str) -> Command:
        match step:
            case StepKind.REQUEST:
                return c.FailJob(reason=f"The render could not be requested: {cause}")
            case StepKind.DOWNLOAD:
                return c.FailDownload(reason=f"Network error: the download broke: {cause}", at=leased.now())
            case StepKind.COMPLETE:
                return c.FailJob(reason=f"Not a valid video: it could not be looked at: {cause}")
            case StepKind.RECONCILE | StepKind.FOLLOW | StepKind.SETTLE:
                render = _render_of(leased, step)
                if render.order.bills:
                    return self._end_paid(leased, step, render, cause)
                return self._end_local(leased, render, cause)
            case _:
                assert_never(step)

    def _end_local(self, leased: LeasedJob, render: Render, cause: str) -> Command:
        """Fail the attempt of a render that is not paid."""
        if leased.job.is_final:
            return c.SettleRender(token=render.token, outcome="failed", render_id=render.render_id)
        reason = f"The renderer broke: {cause}"
        return c.FailRender(token=render.token, reason=reason, at=leased.now(), retry=self._policy.retry)

    def _end_paid(self, leased: LeasedJob, step: StepKind, render: Render, cause: str) -> Command:
        """End the job, or ask an operator. Raises Unavailable before the deadline, when a later try may succeed."""
        if not leased.is_past(render.deadline):
            raise Unavailable(f"this step broke and is tried again: {cause}")
        match step:
            case StepKind.RECONCILE:
                reason = f"nobody can tell whether a render was created: {cause}"
                return c.LeaveUnresolved(token=render.token, reason=reason)
            case StepKind.SETTLE:
                return unknown_end(leased.job, render, render.render_id, self._policy.prices)
            case _:
                return c.FailJob(reason=f"{TIMEOUT}: {cause}")


def _render_of(leased: LeasedJob, step: StepKind) -> Render:
    render = leased.job.open_renders[0] if step is StepKind.SETTLE else leased.job.render
    if render is None:
        raise IllegalMove(f"job {leased.job_id} has no render")
    return render
