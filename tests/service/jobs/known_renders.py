"""A provider that knows some renders, for those who ask for one by its id."""

from __future__ import annotations

from datetime import datetime

from domain.errors import NotFound, Unavailable
from domain.rendering import RenderOrder


class KnownRenders:
    """The port `RenderLookup`: `away` is why nobody can be asked now; `asked` has every question, oldest first."""

    def __init__(self, *known: str) -> None:
        self.known = {*known}
        self.away: str | None = None
        self.expires_at: datetime | None = None
        self.asked: list[tuple[str, str]] = []

    async def look(self, render_id: str, order: RenderOrder) -> datetime | None:
        self.asked.append((render_id, order.renderer))
        if self.away is not None:
            raise Unavailable(self.away)
        if render_id not in self.known:
            raise NotFound(f"The provider does not know it: 404 {render_id}")
        return self.expires_at
