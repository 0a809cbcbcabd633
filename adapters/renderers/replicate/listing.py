"""What the provider's list shows, whoever asked for it: for a database that may have forgotten some of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

from adapters.renderers.replicate.client import ReplicateClient
from adapters.renderers.replicate.prediction import Prediction
from domain.rendering import ListedRender


class ReplicateListing:
    """Lists the renders of one account."""

    def __init__(self, client: ReplicateClient) -> None:
        self._client = client

    @property
    def account(self) -> str | None:
        """Return a hash of the base URL and the token."""
        return self._client.account

    async def created_since(self, since: datetime) -> AsyncIterator[ListedRender]:
        """Yield the renders created at or after `since`, by our clock, newest first.

        Raises Unavailable when not all of the list could be read.
        """
        async for prediction in self._client.predictions(since=since):
            yield self._listed(prediction)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    def _listed(self, prediction: Prediction) -> ListedRender:
        clean, web_url = self._client.clean, (prediction.urls or {}).get("web")
        model, created_at = prediction.model or prediction.deployment, prediction.created_at
        return ListedRender(
            render_id=prediction.id,
            model=None if model is None else clean(model),
            status=clean(prediction.status),
            created_at=None if created_at is None else self._client.ours(created_at),
            web_url=clean(web_url) if isinstance(web_url, str) else None,
        )
