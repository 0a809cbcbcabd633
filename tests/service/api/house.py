"""The whole interface over real HTTP on a real SQLite store, and what a test can do behind its back."""

from __future__ import annotations

import asyncio
import hashlib
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import httpx
import uvicorn
from PIL import Image

from adapters import clock
from adapters.images.pictures import Pictures
from adapters.outbound.client import Outbound
from adapters.sql import schema
from adapters.sql.database import FILE_NAME, Database
from adapters.sql.event_store import SqlEventStore
from adapters.sql.idempotency import IdempotencyKeys
from adapters.sql.queue import SqlQueue
from adapters.sql.read_models import SqlJobs
from adapters.sql.waits import SqlWaits
from adapters.videos.files import VideoFiles
from domain import commands as c
from domain.cost import Prices
from service.api.app import create_app
from service.api.parts import Parts
from service.intake import Intake
from service.job_list import JobList
from service.ledger import Ledger
from service.metrics import MeasuredStore, Metrics
from service.news import News
from service.provider import ProviderNews
from service.settings import Settings
from service.wiring.api import Idempotency

VIDEO = bytes(range(256)) * 40


@dataclass(kw_only=True)
class House:
    parts: Parts
    client: httpx.AsyncClient
    metrics: Metrics
    checks: dict[str, object]
    provider: ProviderNews
    url: str

    async def approve(self, job_id: object = "a", **more: object) -> httpx.Response:
        return await self.client.post("/api/jobs", json=approval(job_id, **more))

    async def given(self, job_id: str, *commands: c.Command) -> None:
        """Have something happen to a job as if its worker said so."""
        await self.parts.ledger.give(await self.parts.ledger.load(job_id), *commands)

    async def failed(self, job_id: str = "a", reason: str = "No answer") -> None:
        await self.approve(job_id)
        await self.given(job_id, c.FailJob(reason=reason))

    async def completed(self, job_id: str = "a", *, video: bytes = VIDEO, stored: bool = True) -> str:
        """Complete a job whose video has these bytes, and return their SHA-256."""
        await self.approve(job_id)
        place = self.parts.videos.path(job_id)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(video)
        self.parts.videos.thumbnail(job_id).write_bytes(picture(kind="JPEG"))
        sha256 = hashlib.sha256(video).hexdigest()
        await self.given(job_id, *finished(job_id, video=video, sha256=sha256 if stored else None))
        return sha256


def approval(job_id: object = "a", **more: object) -> dict[str, object]:
    return {
        "job_id": job_id,
        "estimated_cost": 2.5,
        "storyboard": [
            {"image_url": "https://pictures.example/1.png", "description": "One", "duration_seconds": 2.0},
            {"image_url": "https://pictures.example/2.png"},
        ],
        **more,
    }


def requested(token: str = "token") -> c.RequestRender:
    return c.RequestRender(
        token=token,
        renderer="slideshow",
        model=None,
        request_hash=token,
        deadline=datetime.now(UTC) + timedelta(minutes=10),
        prices=Prices(),
    )


def progressed(percent: int) -> c.ReportProgress:
    return c.ReportProgress(
        percent=percent, scenes_completed=0, current_scene=1, estimated_completion_seconds=100 - percent
    )


def finished(job_id: str, *, video: bytes, sha256: str | None) -> list[c.Command]:
    token = f"token-{job_id}"
    no_file = sha256 is None
    done = c.CompleteJob(
        video_url=None if no_file else f"/api/videos/{job_id}/data",
        duration_seconds=5.0,
        prices=Prices(),
        threshold=Decimal("1.2"),
        size_bytes=0 if no_file else len(video),
        sha256=sha256,
        width=640,
        height=360,
        codec="h264",
    )
    succeeded = c.SucceedRender(
        token=token,
        output_url="local:out.mp4",
        duration_seconds=5.0,
        expires_at=None,
        download_until=datetime.now(UTC) + timedelta(hours=1),
        prices=Prices(),
    )
    return [requested(token), c.AcceptRender(token=token, render_id=f"render-{job_id}"), succeeded, done]


def picture(size: tuple[int, int] = (8, 6), kind: str = "PNG") -> bytes:
    data = BytesIO()
    Image.new("RGB", size, "teal").save(data, format=kind)
    return data.getvalue()


def problem(response: httpx.Response, status: int, code: str) -> dict[str, object]:
    """Check that this is that problem, whole and in its own type, and return it."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = json.loads(response.text)
    assert body["code"] == code
    assert body["status"] == status
    assert body["type"] == f"/problems#{code}"
    assert body["title"]
    assert body["hint"]
    assert "Traceback" not in response.text
    return body


@asynccontextmanager
async def open_house(folder: Path, **settings: object) -> AsyncIterator[House]:
    chosen = Settings.model_validate({"data_dir": folder, **settings})
    database, metrics = await _fresh_database(folder), Metrics()
    store = SqlEventStore(database, now=clock.now)
    await store.start()
    waits = SqlWaits(database)
    jobs = JobList(SqlJobs(database), waits)
    news = News(jobs.last_position)
    store.on_commit(news.ring)
    checks: dict[str, object] = {}
    provider = ProviderNews(is_local=chosen.renderer != "replicate", now=clock.now)
    async with Outbound(allow_private=True) as outbound:
        measured = MeasuredStore(store, metrics)
        ledger = Ledger(measured, new_id=clock.new_id, metadata={})
        parts = Parts(
            ledger=ledger,
            intake=Intake(ledger),
            store=measured,
            jobs=jobs,
            images=Pictures(folder / "images", outbound=outbound),
            videos=VideoFiles(folder, folder / "staging", _no_download),
            idempotency=Idempotency(IdempotencyKeys(database)),
            news=news,
            queue=SqlQueue(database),
            checks=checks,
            provider=provider.check,
            now=clock.now,
        )
        app = create_app(parts, chosen, metrics=metrics)
        async with serving(app, parts.stopping) as url, httpx.AsyncClient(base_url=url) as client:
            yield House(parts=parts, client=client, metrics=metrics, checks=checks, provider=provider, url=url)
    await store.close()
    await database.close()


_EMPTY: list[bytes] = []


async def _fresh_database(folder: Path) -> Database:
    """Open an empty database; the schema is made once and copied from then on."""
    if not _EMPTY:
        database = Database(data_dir=folder)
        await schema.migrate(database)
        await database.close()
        _EMPTY.append((folder / FILE_NAME).read_bytes())
    (folder / FILE_NAME).write_bytes(_EMPTY[0])
    return Database(data_dir=folder)


@asynccontextmanager
async def serving(app: object, stopping: asyncio.Event) -> AsyncIterator[str]:
    """Serve over a socket until the end of the block, then stop as the service does."""
    listening = socket.create_server(("127.0.0.1", 0))
    # Accepted connections inherit it; without, each answer's body waits 40 ms for the acknowledgement of its head.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="on"))
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        stopping.set()
        server.should_exit = True
        async with asyncio.timeout(10):
            await task


async def _no_download(url: str, part: Path) -> None:
    raise AssertionError(f"{url} was to be downloaded to {part}")
