"""The disk of an installation, and the local renders of one process, both in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from domain.errors import Refused, Unavailable
from domain.rendering import Found, Lost, RenderOrder, RenderProgress, RenderRequest, Running, Succeeded
from domain.storyboard import total_seconds
from domain.videos import StoredVideo
from tests.simulation.provider.front import Provider
from tests.simulation.wire import Wire

LOCAL = "local:"
LOCAL_RENDER_SECONDS = 6.0
MEASURED_SECONDS = 5.0


@dataclass(slots=True)
class Disk:
    """Files by name. What they hold is the id of the prediction, or the token of the local render, that made them."""

    staged: dict[str, float] = field(default_factory=dict)
    parts: dict[str, str] = field(default_factory=dict)
    films: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By job: the address that it was fetched from, and its content."""


class SimulatedVideos:
    """The port `VideoStore` of one process."""

    def __init__(self, disk: Disk, provider: Provider, wire: Wire) -> None:
        self._disk, self._provider, self._wire = disk, provider, wire

    async def fetch(self, job_id: str, url: str, *, epoch: int) -> Path:
        """Download the output. Raises Unavailable, Refused."""
        content = await self._wire.exchange(lambda: self._content(url), slowness=100.0)
        name = f"{job_id}.{epoch}.part"
        self._disk.parts[name] = content
        return Path(name)

    async def keep(self, job_id: str, part: Path, *, url: str, confirm: Callable[[], Awaitable[None]]) -> StoredVideo:
        """Rename the part to the film."""
        await confirm()
        content = self._disk.parts.pop(part.name)
        self._disk.films[job_id] = url, content
        return _stored(content)

    async def sweep(self, job_id: str) -> None:
        """Remove the parts of a job."""
        for name in [name for name in self._disk.parts if name.startswith(f"{job_id}.")]:
            del self._disk.parts[name]

    async def inspect(self, job_id: str, *, url: str | None = None) -> StoredVideo | None:
        """Return the film; with `url` only one that came from there."""
        kept_from, content = self._disk.films.get(job_id, ("", ""))
        return _stored(content) if content and url in (None, kept_from) else None

    def _content(self, url: str) -> str:
        if url.startswith(LOCAL):
            token = url.removeprefix(LOCAL)
            if token not in self._disk.staged:
                raise Refused("the local render is gone")
            return token
        if self._provider.is_away():
            raise Unavailable("Network error: the file host answered 503")
        content = self._provider.deliver(url)
        if content is None:
            raise Refused("Network error: the file host answered 404")
        return content


def _stored(content: str) -> StoredVideo:
    sha256 = hashlib.sha256(content.encode()).hexdigest()
    return StoredVideo(
        size_bytes=4096, sha256=sha256, duration_seconds=MEASURED_SECONDS, width=1280, height=720, codec="h264"
    )


class SimulatedSlideshow:
    """A renderer on this machine: its renders end with its process, its finished files stay on the disk."""

    name = "slideshow"
    model: str | None = None
    account: str | None = None
    bills = False

    def __init__(self, disk: Disk, *, monotonic: Callable[[], float]) -> None:
        self._disk, self._monotonic = disk, monotonic
        self._ends: dict[str, float] = {}

    async def check(self) -> None:
        """Do nothing."""

    def order_of(self, request: RenderRequest) -> RenderOrder:
        """Return the order, with the token in its hash."""
        hashed = hashlib.sha256(f"slideshow {request.token}".encode()).hexdigest()
        return RenderOrder(
            renderer=self.name, model=None, request_hash=hashed, seconds_sent=total_seconds(request.scenes)
        )

    async def prepare(self, request: RenderRequest) -> RenderOrder:
        """Return the order: nothing is sent anywhere."""
        return self.order_of(request)

    async def submit(self, request: RenderRequest, _order: RenderOrder) -> str:
        """Start the render, unless it runs or has ended."""
        if request.token not in self._disk.staged:
            self._ends.setdefault(request.token, self._monotonic() + LOCAL_RENDER_SECONDS)
        return request.token

    async def follow(self, render_id: str, _order: RenderOrder) -> RenderProgress:
        """Return how far it is; Lost where neither this process nor the disk knows it."""
        if render_id in self._ends and self._monotonic() >= self._ends[render_id]:
            self._disk.staged[render_id] = self._ends[render_id]
        if render_id in self._disk.staged:
            return Succeeded(output_url=f"{LOCAL}{render_id}", duration_seconds=MEASURED_SECONDS)
        return Running(percent=50) if render_id in self._ends else Lost()

    async def cancel(self, render_id: str) -> None:
        """Forget it."""
        self._ends.pop(render_id, None)

    async def find(self, _order: RenderOrder) -> Found:
        """Find nothing: nothing is listed."""
        return Found()

    async def close(self) -> None:
        """Do nothing."""
