"""Searches the provider's list for a render that we may have created: it is there, it is not, or nobody can tell.

A render is looked for as what it was when it was requested, in the account that it was requested from. That it does not
exist is only believed of a list that was read to its end, back to before the request, twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from domain.errors import Refused, Unavailable
from domain.job import Job, Render
from domain.rendering import Found, RenderOrder
from service.worker.leased_job import LeasedJob
from service.worker.policy import RenderPolicy
from service.worker.render_requests import render_request_of
from service.worker.renderer import Renderer
from service.worker.renderers import Renderers

log = structlog.get_logger()

LOOKING = "the answer to the create was lost: it is looked for in the provider's list before anything is sent again"
SEARCH_AGAIN_SECONDS = 0.5
MOST_NAMED = 3
CLOCK_MARGIN_SECONDS = 60.0
"""How far the list must reach back behind the request."""


class Renders(Protocol):
    """The table of requests to renderers."""

    async def owned(self, account: str | None, render_ids: Sequence[str]) -> frozenset[str]:
        """Return those ids that belong to a request of this installation in that account. Raises Unavailable."""

    async def owned_elsewhere(self, account: str | None, render_ids: Sequence[str]) -> frozenset[str]:
        """Return those ids that belong to a request of this installation in another account. Raises Unavailable."""

    async def requested_at(self, token: str) -> datetime:
        """Return when the request was last committed. Raises Unavailable."""

    async def unchanged_seconds(self, token: str) -> float:
        """Return how long ago anything of the request was last stored, by the database's clock. Raises Unavailable."""


class Search:
    """Looks for renders of this installation that it does not know yet."""

    def __init__(self, renderers: Renderers, renders: Renders, policy: RenderPolicy) -> None:
        self._renderers = renderers
        self._renders = renders
        self._policy = policy

    async def look_up(self, leased: LeasedJob, render: Render) -> str | None:
        """Return the id of a render without a recorded answer, None when there certainly is none.

        Raises Refused when nobody can tell, Unavailable when it may help to ask again, RendererAway.
        """
        renderer = self._renderers.of(render.order)
        order = _searchable(leased.job, render, renderer)
        try:
            found = await self._find(leased, render, renderer, order)
        except Unavailable as error:
            if await self.is_listed(leased, render):
                raise
            raise Refused(f"the provider's list did not answer in time: {error}") from error
        await leased.waiting_for.clear()
        return found

    async def glance(self, leased: LeasedJob, render: Render) -> str | None:
        """Look once; None: nothing is there that is surely ours. Raises Refused, Unavailable, RendererAway."""
        renderer = self._renderers.of(render.order)
        found = await self._unowned(renderer, _searchable(leased.job, render, renderer))
        return _adopt(leased, render, found.same) if found.same else None

    async def is_listed(self, leased: LeasedJob, render: Render) -> bool:
        """Tell whether the request is young enough for the provider's list to show its input.

        The clock of the worker that requested it may have been another one than ours: the database's counts, too.
        """
        age_seconds = (leased.now() - await self._requested_at(render)).total_seconds()
        longest_seconds = max(age_seconds, await self._renders.unchanged_seconds(render.token))
        return age_seconds >= -CLOCK_MARGIN_SECONDS and longest_seconds <= self._policy.listed_seconds

    async def _requested_at(self, render: Render) -> datetime:
        return render.requested_at or await self._renders.requested_at(render.token)

    async def _find(self, leased: LeasedJob, render: Render, renderer: Renderer, order: RenderOrder) -> str | None:
        """Search until a late create would be in the list, at least twice. None: it is not there, or the job changed.

        The wait is counted on the monotonic clock from the first search.
        """
        began, searches, status = leased.monotonic(), 0, leased.job.status
        while leased.job.status is status and render in leased.job.renders:
            elapsed_seconds = leased.monotonic() - began
            found = await self._unowned(renderer, order)
            searches += 1
            if found.same:
                return _adopt(leased, render, found.same)
            if searches > 1 and elapsed_seconds >= self._late_create_seconds:
                await self._refuse_doubt(leased, render, found)
                return None
            await leased.waiting_for.set(LOOKING)
            await leased.pause(max(self._late_create_seconds - elapsed_seconds, 0) + SEARCH_AGAIN_SECONDS)
        return None

    async def _refuse_doubt(self, leased: LeasedJob, render: Render, found: Found) -> None:
        """Raise Refused where the list cannot prove that the render does not exist."""
        if found.unclear:
            named = ", ".join(found.unclear[:MOST_NAMED])
            raise Refused(f"one of these renders may be ours, but their input cannot be compared: {named}")
        requested_at = await self._requested_at(render)
        if requested_at > leased.now():
            raise Refused("the request has a time that lies ahead of this machine's clock")
        since = requested_at - timedelta(seconds=CLOCK_MARGIN_SECONDS)
        is_shown = found.reaches_back and await self.is_listed(leased, render)
        if not is_shown or (found.complete_since and found.complete_since > since):
            raise Refused("the request is too old for the provider's list")

    async def _unowned(self, renderer: Renderer, order: RenderOrder) -> Found:
        """Return what the list shows without the renders of our other requests."""
        found = await renderer.find(order)
        owned = await self._renders.owned(renderer.account, [*found.same, *found.unclear])
        same, unclear = (tuple(id_ for id_ in ids if id_ not in owned) for ids in (found.same, found.unclear))
        # Another token of the same account shows the same list; another account may give out the same ids.
        doubtful = await self._renders.owned_elsewhere(renderer.account, same)
        sure = tuple(id_ for id_ in same if id_ not in doubtful)
        return replace(found, same=sure, unclear=(*unclear, *sorted(doubtful)))

    @property
    def _late_create_seconds(self) -> float:
        """How long after its commit a request may still create a render that the list shows."""
        policy = self._policy
        return policy.lease_seconds + policy.create_timeout_seconds + policy.settle_seconds


def _searchable(job: Job, render: Render, renderer: Renderer) -> RenderOrder:
    """Return the order with its input; that of an earlier version has none, and is completed where it is today's.

    Raises Refused.
    """
    if render.order.input is not None:
        return render.order
    today = renderer.order_of(render_request_of(job, render.token, render.deadline))
    if (today.model, today.request_hash) != (render.order.model, render.order.request_hash):
        raise Refused("an earlier version requested it under other settings, and did not store what it sent")
    return replace(today, seconds_sent=render.order.seconds_sent)


def _adopt(leased: LeasedJob, render: Render, unowned: Sequence[str]) -> str:
    if len(unowned) > 1:
        log.warning("several_renders_match", job_id=leased.job_id, adopted=unowned[0], others=unowned[1:])
    log.info("render_adopted", job_id=leased.job_id, token=render.token, render_id=unowned[0])
    return unowned[0]
