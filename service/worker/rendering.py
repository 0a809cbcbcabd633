"""The steps from an approved storyboard to a rendered one, and what they share."""

from __future__ import annotations

from collections.abc import Callable

from domain.job import Job
from service.worker.following import Following
from service.worker.policy import RenderPolicy
from service.worker.reconciling import Reconciling
from service.worker.renderers import RendererAway, Renderers
from service.worker.requesting import Requesting
from service.worker.searching import Renders, Search


class Rendering:
    """The steps of a job in `approved` and `rendering`, one object each."""

    def __init__(
        self, renderers: Renderers, renders: Renders, policy: RenderPolicy, *, new_id: Callable[[], str]
    ) -> None:
        self.renderers = renderers
        self.search = Search(renderers, renders, policy)
        self.requesting = Requesting(renderers, self.search, policy, new_id=new_id)
        self.reconciling = Reconciling(renderers, self.search, self.requesting)
        self.following = Following(renderers, self.requesting, policy)

    async def abandon(self, job: Job) -> None:
        """End a local render of a job that another worker has; a provider's render belongs to the job."""
        if job.render is None or job.render.order.bills:
            return
        try:
            await self.renderers.of(job.render.order).cancel(job.render.token)
        except RendererAway:
            return  # its process is not this one
