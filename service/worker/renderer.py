"""The port of renderers."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from domain.rendering import Found, RenderProgress, RenderRequest


class Renderer(Protocol):
    """Somebody who makes videos: a provider, or this machine."""

    @property
    def name(self) -> str:
        """Which renderer this is, as the settings call it."""

    @property
    def model(self) -> str | None:
        """Which of the provider's models renders."""

    @property
    def bills(self) -> bool:
        """Whether a create costs money, so that an open request must be reconciled before it is sent again."""

    async def check(self) -> None:
        """Hold the configuration against what the provider says of itself; where it says nothing, only warn.

        Raises Refused for a configuration that can never render.
        """

    async def prepare(self, request: RenderRequest) -> None:
        """Bring large images to where the renderer can reach them. Creates nothing; may be repeated.

        Comes before the request is committed, so that nothing slow lies between the commit and the create.
        Raises Unavailable, Refused (also for an order that this renderer can never fulfil).
        """

    def request_hash(self, request: RenderRequest) -> str:
        """Name what would be sent: equal for equal input, for a local renderer also by token."""

    def seconds_sent(self, request: RenderRequest) -> float | None:
        """Return the length of video that is asked for; None where the renderer takes none."""

    async def submit(self, request: RenderRequest) -> str:
        """Start the render and return its id.

        Raises Unavailable (nothing was created), OutcomeUnknown (look before trying again), Refused (never will).
        """

    async def follow(self, render_id: str) -> RenderProgress:
        """Return how far it is, or how it ended. May be repeated for ever.

        Raises Unavailable, NotFound (it is not shown: not yet, or not any more).
        """

    async def cancel(self, render_id: str) -> None:
        """Ask for an end; one that has ended is left alone. Raises Unavailable."""

    async def close(self) -> None:
        """End what runs in this process and close connections."""

    async def find(self, request: RenderRequest, *, since: datetime) -> Found:
        """Return all renders of the same model and input created after `since`, by our clock.

        Whose they are the caller knows. Raises Unavailable when not all of the list could be read.
        """
