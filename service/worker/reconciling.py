"""Whether a create without a recorded answer took effect: a search in the provider's list, which may stay unclear."""

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
SEARCH_AGAIN_SECONDS = 0.5
MOST_NAMED = 3
CLOCK_MARGIN_SECONDS = 60.0
"""How far the provider's clock may differ from ours when its list is asked for newer renders."""


class Renders(Protocol):
    """The table of requests to renderers."""

    async def owned(self, render_ids: Sequence[str]) -> frozenset[str]:
        """Return those ids that belong to a request of this installation. Raises Unavailable."""

    async def requested_at(self, token: str) -> datetime:
        """Return when the request was last committed. Raises Unavailable."""


class Search:
    """Looks for renders of this installation that it does not know yet."""

    def __init__(self, renderer: Renderer, renders: Renders, policy: RenderPolicy) -> None:
        self._renderer = renderer
        self._renders = renders
        self._policy = policy

    async def look_up(self, leased: LeasedJob, render: Render) -> str | None:
        """Return the id of a render without a recorded answer, None when there certainly is none.

        Raises Refused when nobody can tell, Unavailable when it may help to ask again.
        """
        requested_at = await self._renders.requested_at(render.token)
        age_seconds = (leased.now() - requested_at).total_seconds()
        # A request from the future: our clock was set back, and the age of the request is unknown.
        in_time = -CLOCK_MARGIN_SECONDS <= age_seconds <= self._policy.listed_seconds
        request = render_request_of(leased.job, render.token, render.deadline)
        try:
            found = await self._find(leased, render, request, requested_at - timedelta(seconds=CLOCK_MARGIN_SECONDS))
        except Unavailable as error:
            if in_time:
                raise
            raise Refused(f"the provider's list did not answer in time: {error}") from error
        await leased.waiting_for.clear()
        if found is None and not in_time:
            raise Refused("the request is too old for the provider's list")
        return found

    async def _find(self, leased: LeasedJob, render: Render, request: RenderRequest, since: datetime) -> str | None:
        """Search until a late create would be in the list, at least twice. None: it is not there, or the job changed.

        The wait is counted on the monotonic clock from the first search.
        """
        began, searches, status = leased.monotonic(), 0, leased.job.status
        while leased.job.render == render and leased.job.status is status:
            elapsed_seconds = leased.monotonic() - began
            found = await self._unowned(request, since)
            searches += 1
            if found.same:
                return _adopt(leased, render, found.same)
            if searches > 1 and elapsed_seconds >= self._late_create_seconds:
                _refuse_unclear(found.unclear)
                return None
            await leased.waiting_for.set(LOOKING)
            await leased.pause(max(self._late_create_seconds - elapsed_seconds, 0) + SEARCH_AGAIN_SECONDS)
        return None

    async def _unowned(self, request: RenderRequest, since: datetime) -> Found:
        """Return what the list shows without the renders of our other requests."""
        found = await self._renderer.find(request, since=since)
        owned = await self._renders.owned([*found.same, *found.unclear])
        same, unclear = (tuple(id_ for id_ in ids if id_ not in owned) for ids in (found.same, found.unclear))
        return Found(same=same, unclear=unclear)

    @property
    def _late_create_seconds(self) -> float:
        """How long after its commit a request may still create a render that the list shows."""
        policy = self._policy
        return policy.lease_seconds + policy.create_timeout_seconds + policy.settle_seconds


def _adopt(leased: LeasedJob, render: Render, unowned: Sequence[str]) -> str:
    if len(unowned) > 1:
        log.warning("several_renders_match", job_id=leased.job_id, adopted=unowned[0], others=unowned[1:])
    log.info("render_adopted", job_id=leased.job_id, token=render.token, render_id=unowned[0])
    return unowned[0]


def _refuse_unclear(render_ids: Sequence[str]) -> None:
    if render_ids:
        named = ", ".join(render_ids[:MOST_NAMED])
        raise Refused(f"one of these renders may be ours, but their input was removed: {named}")


def render_request_of(job: Job, token: str, deadline: datetime) -> RenderRequest:
    """Return the render request for the whole storyboard in one render."""
    return RenderRequest(job_id=job.job_id, token=token, scenes=job.storyboard, output=job.output, deadline=deadline)
