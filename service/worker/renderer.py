"""The port of renderers."""

from __future__ import annotations

from typing import Protocol

from domain.rendering import Found, RenderOrder, RenderProgress, RenderRequest


class Renderer(Protocol):
    """What makes videos: a provider, or this machine."""

    @property
    def name(self) -> str:
        """The renderer's name in the settings."""

    @property
    def model(self) -> str | None:
        """The provider's model that renders."""

    @property
    def account(self) -> str | None:
        """A hash of who is asked and who pays; None where nobody is paid."""

    @property
    def bills(self) -> bool:
        """Whether a create costs money, so that an open request must be reconciled before it is sent again."""

    async def check(self) -> None:
        """Compare the configuration with the provider's description of the model; without one, only warn.

        Raises Refused for a configuration that can never render.
        """

    async def prepare(self, request: RenderRequest) -> RenderOrder:
        """Upload images to where the renderer can read them, and return what `submit` will send.

        Creates no render; may be repeated. Comes before the request is committed, so that nothing slow is between the
        commit and the create. Raises Unavailable, Refused (also for a request that this renderer can never fulfil).
        """

    def order_of(self, request: RenderRequest) -> RenderOrder:
        """Return the order of a request without uploading anything. Raises Refused."""

    async def submit(self, request: RenderRequest, order: RenderOrder) -> str:
        """Start the render that `prepare` has just made the order of, and return its id.

        Raises Unavailable (nothing was created), OutcomeUnknown (check before trying again), Refused (never will).
        """

    async def follow(self, render_id: str, order: RenderOrder) -> RenderProgress:
        """Return how far it is, or how it ended. May be repeated.

        Raises Unavailable, NotFound (the provider does not show it yet, or any more).
        """

    async def cancel(self, render_id: str) -> None:
        """Ask for the end of a render; nothing happens to one that has ended. Raises Unavailable, Refused."""

    async def close(self) -> None:
        """End local renders and close connections."""

    async def find(self, order: RenderOrder) -> Found:
        """Look through the provider's list, as far back as it goes, for renders of a stored order.

        Raises Unavailable when not all of the list could be read.
        """
