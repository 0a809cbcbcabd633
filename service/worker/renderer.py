"""The port of renderers."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from domain.rendering import Found, RenderProgress, RenderRequest


class Renderer(Protocol):
    """What makes videos: a provider, or this machine."""

    @property
    def name(self) -> str:
        """The renderer's name in the settings."""

    @property
    def model(self) -> str | None:
        """The provider's model that renders."""

    @property
    def bills(self) -> bool:
        """Whether a create costs money, so that an open request must be reconciled before it is sent again."""

    async def check(self) -> None:
        """Compare the configuration with the provider's description of the model; without one, only warn.

        Raises Refused for a configuration that can never render.
        """

    async def prepare(self, request: RenderRequest) -> None:
        """Upload large images to where the renderer can read them. Creates no render; may be repeated.

        Comes before the request is committed, so that nothing slow is between the commit and the create.
        Raises Unavailable, Refused (also for a request that this renderer can never fulfil).
        """

    def request_hash(self, request: RenderRequest) -> str:
        """Return a hash of what would be sent: equal for equal input; for a local renderer also of the token."""

    def seconds_sent(self, request: RenderRequest) -> float | None:
        """Return the seconds of video that are asked for; None where the renderer takes no length."""

    async def submit(self, request: RenderRequest) -> str:
        """Start the render and return its id.

        Raises Unavailable (nothing was created), OutcomeUnknown (check before trying again), Refused (never will).
        """

    async def follow(self, render_id: str) -> RenderProgress:
        """Return how far it is, or how it ended. May be repeated.

        Raises Unavailable, NotFound (the provider does not show it yet, or any more).
        """

    async def cancel(self, render_id: str) -> None:
        """Ask for the end of a render; nothing happens to one that has ended. Raises Unavailable, Refused."""

    async def close(self) -> None:
        """End local renders and close connections."""

    async def find(self, request: RenderRequest, *, since: datetime) -> Found:
        """Return all renders of the same model and input created after `since`, by our clock, whoever asked for them.

        Raises Unavailable when not all of the list could be read.
        """
