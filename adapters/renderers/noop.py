"""Renders nothing: for benchmarks of everything around a render."""

from __future__ import annotations

from domain.rendering import Found, RenderOrder, RenderProgress, RenderRequest, Succeeded


class NoopRenderer:
    """Every render request succeeds at once; there is no file, and the events of its jobs say so."""

    name = "noop"
    model: str | None = None
    account: str | None = None
    bills = False

    async def check(self) -> None:
        """Do nothing: there is nothing to configure."""

    async def prepare(self, request: RenderRequest) -> RenderOrder:
        """Return the order: nothing is sent."""
        return self.order_of(request)

    async def close(self) -> None:
        """Do nothing: there is nothing to close."""

    def order_of(self, request: RenderRequest) -> RenderOrder:
        """Return an order with the token as its hash and no length: there is no video."""
        return RenderOrder(renderer=self.name, model=None, request_hash=f"noop:{request.token}")

    async def submit(self, request: RenderRequest, order: RenderOrder) -> str:  # noqa: ARG002 - nothing is rendered
        """Return the token as the render's id."""
        return request.token

    async def follow(self, render_id: str, order: RenderOrder) -> RenderProgress:  # noqa: ARG002 - all have ended
        """Return a success without a file."""
        return Succeeded(output_url="noop:", duration_seconds=0.0, billed_seconds=0.0)

    async def cancel(self, render_id: str) -> None:
        """Do nothing: it has ended."""

    async def find(self, order: RenderOrder) -> Found:  # noqa: ARG002 - nothing is listed
        """Return nothing found: there is no list."""
        return Found()
