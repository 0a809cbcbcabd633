"""Looks renders up at their provider for a verb, which works without a service."""

from __future__ import annotations

from datetime import datetime

from adapters.images.store import ImageStore
from adapters.outbound.client import Outbound
from domain.rendering import RenderOrder
from service.settings import Settings
from service.worker.render_lookup import LookupAtRenderers


class LookupForVerb:
    """The port `RenderLookup` over renderers that are made for each look and closed after it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def look(self, render_id: str, order: RenderOrder) -> datetime | None:
        """Return when the output of this id expires, by our clock. Raises NotFound, Unavailable, ConfigurationError."""
        from service.wiring.worker import make_renderers  # noqa: PLC0415 - heavy, and few commands name a render

        async with Outbound(allow_private=self._settings.allow_private_hosts) as outbound:
            images = ImageStore(self._settings.data_dir / "images", outbound=outbound)
            renderers = make_renderers(self._settings, images, on_status=lambda _code: None)
            try:
                return await LookupAtRenderers(renderers).look(render_id, order)
            finally:
                await renderers.close()
