"""Renders nothing: for benchmarks of everything around a render."""

from __future__ import annotations

from datetime import datetime

from domain.rendering import Found, RenderProgress, RenderRequest, Succeeded


class NoopRenderer:
    """Every render request succeeds at once; there is no file, and the events of its jobs say so."""

    name = "noop"
    model: str | None = None
    bills = False

    async def check(self) -> None:
        """Do nothing: there is nothing to configure."""

    async def prepare(self, request: RenderRequest) -> None:
        """Do nothing: nothing is sent."""

    async def close(self) -> None:
        """Do nothing: there is nothing to close."""

    def request_hash(self, request: RenderRequest) -> str:
        """Return the token as a hash."""
        return f"noop:{request.token}"

    def seconds_sent(self, request: RenderRequest) -> float | None:  # noqa: ARG002 - nothing is rendered
        """Return None: there is no video."""
        return None

    async def submit(self, request: RenderRequest) -> str:
        """Return the token as the render's id."""
        return request.token

    async def follow(self, render_id: str) -> RenderProgress:  # noqa: ARG002 - all of them have ended
        """Return a success without a file."""
        return Succeeded(output_url="noop:", duration_seconds=0.0, billed_seconds=0.0)

    async def cancel(self, render_id: str) -> None:
        """Do nothing: it has ended."""

    async def find(self, request: RenderRequest, *, since: datetime) -> Found:  # noqa: ARG002 - nothing is listed
        """Return nothing found: there is no list."""
        return Found()
