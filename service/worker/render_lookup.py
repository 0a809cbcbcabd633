"""Looks a render up at the renderer that it was requested from."""

from __future__ import annotations

from datetime import datetime

from domain.errors import Unavailable
from domain.rendering import RenderOrder, Succeeded
from service.worker.renderers import RendererAway, Renderers


class LookupAtRenderers:
    """The port `RenderLookup` over the renderers of this process."""

    def __init__(self, renderers: Renderers) -> None:
        self._renderers = renderers

    async def look(self, render_id: str, order: RenderOrder) -> datetime | None:
        """Return when the output of this id expires, by our clock. Raises NotFound, Unavailable."""
        try:
            progress = await self._renderers.of(order).follow(render_id, order)
        except RendererAway as error:
            raise Unavailable(str(error)) from error
        return progress.expires_at if isinstance(progress, Succeeded) else None
