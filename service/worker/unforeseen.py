"""What becomes of a job when a step raises what nobody foresaw: the attempt fails with it, and the job goes on or ends.

Where money may be at stake the step is tried again instead, until the attempt's deadline: what was paid is not given
up for a bug of ours. Nothing here asks the renderer anything.
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
from service.worker.leased_job import LeasedJob
from service.worker.policy import RenderPolicy
from service.worker.rendering import TIMEOUT

log = structlog.get_logger()


class Unforeseen:
    """Decides for every step. `bills` says whether a render may be paid; `clean` makes a text fit for everybody."""

    def __init__(
        self, policy: RenderPolicy, *, bills: bool, clean: Callable[[str], str], count: Callable[[str], None]
    ) -> None:
        self._policy = policy
        self._bills = bills
        self._clean = clean
        self._count = count

    def note(self, job_id: str, step: str, error: Exception) -> None:
        """Log it with its traceback, and count it."""
        self._count(step)
        log.error("job_broken", job_id=job_id, step=step, exc_info=error)

    async def take(self, leased: LeasedJob, step: Step, error: Exception) -> None:
        """End what the step was about, as an event. Raises Unavailable where the step is to be tried again later."""
        self.note(leased.job_id, str(step.kind), error)
        await leased.reload()
        if step not in next_steps(leased.job):
            return  # it got so far that another step goes on from there
        try:
            await leased.execute(self._end(leased, step.kind, self._clean(f"{type(error).__name__}: {error}")))
        except (VersionConflict, IllegalMove) as overtaken:
            raise Unavailable(str(overtaken)) from overtaken

    def _end(self, leased: LeasedJob, step: StepKind, what: str) -> Command:
        match step:
            case StepKind.REQUEST:
                return c.FailJob(reason=f"The render could not be requested: {what}")
            case StepKind.DOWNLOAD:
                return c.FailDownload(reason=f"Network error: the download broke: {what}", at=leased.now())
            case StepKind.COMPLETE:
                return c.FailJob(reason=f"Not a valid video: it could not be looked at: {what}")
            case StepKind.RECONCILE | StepKind.FOLLOW | StepKind.SETTLE:
                render = _render_of(leased, step)
                return (
                    self._end_paid(leased, step, render, what) if self._bills else self._end_local(leased, render, what)
                )
            case _:
                assert_never(step)

    def _end_local(self, leased: LeasedJob, render: Render, what: str) -> Command:
        """Nothing was paid: the attempt failed, and the budget of retries says whether there is another."""
        if leased.job.is_final:
            return c.SettleRender(token=render.token, outcome="failed", render_id=render.render_id)
        reason = f"The renderer broke: {what}"
        return c.FailRender(token=render.token, reason=reason, at=leased.now(), retry=self._policy.retry)

    def _end_paid(self, leased: LeasedJob, step: StepKind, render: Render, what: str) -> Command:
        """Before the deadline a later answer may be better; after it the job ends, or asks a person."""
        if not leased.is_past(render.deadline):
            raise Unavailable(f"this step broke and is tried again: {what}")
        match step:
            case StepKind.RECONCILE:
                reason = f"nobody can tell whether a render was created: {what}"
                return c.LeaveUnresolved(token=render.token, reason=reason)
            case StepKind.SETTLE:
                return c.SettleRender(token=render.token, outcome="unknown", render_id=render.render_id)
            case _:
                return c.FailJob(reason=f"{TIMEOUT}: {what}")


def _render_of(leased: LeasedJob, step: StepKind) -> Render:
    render = leased.job.open_renders[0] if step is StepKind.SETTLE else leased.job.render
    if render is None:
        raise IllegalMove(f"job {leased.job_id} has no render")
    return render
