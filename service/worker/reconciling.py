"""Whether a create whose answer nobody recorded took effect: a search in the provider's list that may end in doubt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from domain.errors import Refused, Unavailable
from domain.job import Job, Render
from domain.rendering import Found, RenderRequest
from service.worker.leased_job import LeasedJob
from service.worker.policy import RenderPolicy
from service.worker.renderer import Renderer

log = structlog.get_logger()

LOOKING = "the answer to the create was lost: it is looked for in the provider's list before anything is sent again"
LOOK_AGAIN_SECONDS = 0.5
MOST_NAMED = 3
CLOCK_MARGIN_SECONDS = 60.0
"""How far the provider's clock may differ from ours when its list is asked for newer renders."""


class Renders(Protocol):
    """The table of requests to renderers."""

    async def owned(self, render_ids: Sequence[str]) -> frozenset[str]:
        """Return those that belong to a request of this installation."""

    async def requested_at(self, token: str) -> datetime:
        """Return when the request was last committed."""


class Search:
    """Looks for renders of this installation that it does not know yet."""

    def __init__(self, renderer: Renderer, renders: Renders, policy: RenderPolicy) -> None:
        self._renderer = renderer
        self._renders = renders
        self._policy = policy

    async def look_up(self, leased: LeasedJob, render: Render) -> str | None:
        """Return the id of a render whose answer nobody recorded, None when there surely is none.

        Raises Refused when nobody can tell (any more), Unavailable when it may help to ask again.
        """
        requested_at = await self._renders.requested_at(render.token)
        age_seconds = (leased.now() - requested_at).total_seconds()
        # A request from the future: our clock was set back, and how old it is cannot be said.
        in_time = -CLOCK_MARGIN_SECONDS <= age_seconds <= self._policy.listed_seconds
        request = render_request_of(leased.job, render.token, render.deadline)
        try:
            found = await self._look(leased, render, request, requested_at - timedelta(seconds=CLOCK_MARGIN_SECONDS))
        except Unavailable as error:
            if in_time:
                raise
            raise Refused(f"the provider's list did not answer in time: {error}") from error
        await leased.waiting_for.clear()
        if found is None and not in_time:
            raise Refused("the request is too old for the provider's list")
        return found

    async def _look(self, leased: LeasedJob, render: Render, request: RenderRequest, since: datetime) -> str | None:
        """Look until a late create would surely show, at least twice. None: it is not there, or the job changed.

        The wait is counted on our own clock from the first look: a wall clock that jumped cannot shorten it.
        """
        began, looks, status = leased.monotonic(), 0, leased.job.status
        while leased.job.render == render and leased.job.status is status:
            elapsed_seconds = leased.monotonic() - began
            found = await self._unowned(request, since)
            looks += 1
            if found.same:
                return _chosen(leased, render, found.same)
            if looks > 1 and elapsed_seconds >= self._late_create_seconds:
                _refuse_unclear(found.unclear)
                return None
            await leased.waiting_for.set(LOOKING)
            await leased.pause(max(self._late_create_seconds - elapsed_seconds, 0) + LOOK_AGAIN_SECONDS)
        return None

    async def _unowned(self, request: RenderRequest, since: datetime) -> Found:
        """Return what the list shows and no request of ours has; whose data is removed is clear where we own it."""
        found = await self._renderer.find(request, since=since)
        owned = await self._renders.owned([*found.same, *found.unclear])
        return Found(
            same=tuple(render_id for render_id in found.same if render_id not in owned),
            unclear=tuple(render_id for render_id in found.unclear if render_id not in owned),
        )

    @property
    def _late_create_seconds(self) -> float:
        """How long after its commit a request may still turn into a render that the list shows."""
        policy = self._policy
        return policy.lease_seconds + policy.create_timeout_seconds + policy.settle_seconds


def _chosen(leased: LeasedJob, render: Render, unowned: Sequence[str]) -> str:
    if len(unowned) > 1:
        log.warning("several_renders_match", job_id=leased.job_id, adopted=unowned[0], others=unowned[1:])
    log.info("render_adopted", job_id=leased.job_id, token=render.token, render_id=unowned[0])
    return unowned[0]


def _refuse_unclear(render_ids: Sequence[str]) -> None:
    if render_ids:
        shown = ", ".join(render_ids[:MOST_NAMED])
        raise Refused(f"one of these renders may be ours, but their input was removed: {shown}")


def render_request_of(job: Job, token: str, deadline: datetime) -> RenderRequest:
    """Return what the renderer is asked for: the whole storyboard in one render."""
    return RenderRequest(job_id=job.job_id, token=token, scenes=job.storyboard, output=job.output, deadline=deadline)
