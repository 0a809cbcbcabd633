"""What the tests of the Replicate adapter share: orders, renderers, and a server that says one thing."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters import clock
from adapters.renderers.replicate.client import Access, ReplicateClient
from adapters.renderers.replicate.http import Http
from adapters.renderers.replicate.model import read_model
from adapters.renderers.replicate.profile import Profile
from adapters.renderers.replicate.renderer import ReplicateRenderer
from domain.rendering import RenderOrder, RenderProgress, RenderRequest
from domain.storyboard import OutputWishes, Scene

TOKEN = "r8_a-token-that-nobody-may-see"
MODEL = "acme/storyboards"
SEEDED = Profile(inputs={"image_urls": "image_urls", "prompt": "prompt", "seed": "seed"})
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
LARGE_PNG = b"\x89PNG\r\n\x1a\n" + bytes(300 * 1024)
RECORDED = Path(__file__).parent / "recorded"


class KeptImages:
    """The port `Images` on files of a test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def fetch(self, url: str) -> Path:
        raise AssertionError(f"the provider fetches {url} itself")

    async def keep(self, data: bytes) -> str:
        name = hashlib.sha256(data).hexdigest()
        (self.folder / name).write_bytes(data)
        return name

    def stored(self, sha256: str) -> Path | None:
        path = self.folder / sha256
        return path if path.exists() else None


def request(token: str = "token-1", *images: str, **changes: object) -> RenderRequest:
    urls = images or ("https://images.example/1.png", "https://images.example/2.png")
    scenes = tuple(
        Scene(scene_number=number, image_url=url, description=f"scene {number}")
        for number, url in enumerate(urls, start=1)
    )
    values: dict = {
        "job_id": "1",
        "token": token,
        "scenes": scenes,
        "output": OutputWishes(),
        "deadline": clock.now() + timedelta(seconds=600),
    }
    return RenderRequest(**{**values, **changes})


@dataclass(kw_only=True)
class Making:
    """How to make a renderer for one provider."""

    url: str
    folder: Path
    opened: list[ReplicateRenderer] = field(default_factory=list)

    def __call__(
        self,
        *,
        model: str = MODEL,
        profile: Profile | None = None,
        now: Callable[[], datetime] = clock.now,
        create_timeout_seconds: float = 3.0,
        url: str | None = None,
        http: Http | None = None,
    ) -> ReplicateRenderer:
        chosen = profile or Profile()
        access = Access(
            token=TOKEN,
            base_url=url or self.url,
            create_timeout_seconds=create_timeout_seconds,
            request_timeout_seconds=3.0,
        )
        renderer = ReplicateRenderer(
            ReplicateClient(access, now=now, http=http),
            read_model(model, endpoint=chosen.endpoint),
            profile=chosen,
            images=KeptImages(self.folder),
            now=now,
        )
        self.opened.append(renderer)
        return renderer


async def submit(renderer: ReplicateRenderer, wanted: RenderRequest) -> str:
    """Make the order and create its render, as the worker does."""
    return await renderer.submit(wanted, await renderer.prepare(wanted))


async def found(renderer: ReplicateRenderer, wanted: RenderRequest | None = None) -> list[str]:
    """Look for a render that is recognised without an upload, and return what is ours."""
    return list((await renderer.find(renderer.order_of(wanted or request()))).same)


async def looked_up(renderer: ReplicateRenderer, order: RenderOrder) -> tuple[list[str], list[str]]:
    """Look for the render of an order, and return what is ours and what is unclear."""
    seen = await renderer.find(order)
    return list(seen.same), list(seen.unclear)


async def follow(renderer: ReplicateRenderer, render_id: str) -> RenderProgress:
    """Follow a render of today's profile."""
    return await renderer.follow(render_id, renderer.order_of(request()))


def at(text: str) -> Callable[[], datetime]:
    time = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return lambda: time


def recorded(name: str) -> dict:
    return json.loads((RECORDED / f"{name}.json").read_text())


def http(status: int, body: object = b"", **headers: str) -> bytes:
    """Return a whole HTTP answer; a dict goes as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Status", f"Content-Length: {len(content)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + content


@dataclass
class Heard:
    """Requests that a server of `saying` received, as raw heads."""

    heads: list[str] = field(default_factory=list)


@asynccontextmanager
async def saying(*answers: bytes) -> AsyncIterator[tuple[str, Heard]]:
    """Serve the answers one after the other, the last one for ever; gives the base URL and what was heard."""
    heard, left = Heard(), list(answers)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next((int(line[16:]) for line in head.split("\r\n") if line.lower().startswith("content-length: ")), 0)
        await reader.readexactly(length)
        heard.heads.append(head)
        writer.write(left.pop(0) if len(left) > 1 else left[0])
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with talking(talk) as url:
        yield url, heard


@asynccontextmanager
async def talking(talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> AsyncIterator[str]:
    """Serve every connection with `talk`; gives the base URL and leaves no connection behind."""
    talks: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talks.add(task)
        try:
            await talk(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        for task in talks:
            task.cancel()
        await asyncio.gather(*talks)
        await asyncio.sleep(0)
