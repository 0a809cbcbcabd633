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
from adapters.images.store import ImageStore
from adapters.outbound.client import Outbound
from adapters.sql import schema
from adapters.sql.database import FILE_NAME, Database
from adapters.sql.log.event_store import SqlEventStore
from adapters.sql.read.jobs import SqlJobs
from adapters.sql.work.idempotency import IdempotencyKeys
from adapters.sql.work.queue import SqlQueue
from adapters.sql.work.waiting_for import SqlWaitingFor
from adapters.videos.files import VideoFiles
from domain import commands as c
from domain.cost import Prices
from domain.rendering import RenderOrder
from service.http.app import create_app
from service.http.dependencies import Dependencies
from service.jobs.listing import JobList
from service.jobs.metrics import MeasuredStore, Metrics
from service.jobs.operations import JobOperations
from service.jobs.repository import JobRepository
from service.log_readers.log_signal import LogSignal
from service.settings import Settings
from service.wiring.http import SqlIdempotency
from service.worker.provider_health import ProviderHealth
from tests.service.jobs.known_renders import KnownRenders

VIDEO = bytes(range(256)) * 40


class ToldWorkers:
    """Workers who do nothing but keep what they are told."""

    def __init__(self) -> None:
        self.wakes = 0
        self.changed: list[str] = []

    def wake(self) -> None:
        self.wakes += 1

    def notify_changed(self, job_id: str) -> None:
        self.changed.append(job_id)


@dataclass(kw_only=True)
class HttpHarness:
    dependencies: Dependencies
    repository: JobRepository
    workers: ToldWorkers
    renders: KnownRenders
    client: httpx.AsyncClient
    metrics: Metrics
    checks: dict[str, object]
    provider: ProviderHealth
    url: str

    async def approve(self, job_id: object = "a", **more: object) -> httpx.Response:
        return await self.client.post("/api/jobs", json=approval(job_id, **more))

    async def given(self, job_id: str, *commands: c.Command) -> None:
        """Have something happen to a job as if its worker said so."""
        await self.repository.append(await self.repository.load(job_id), *commands)

    async def failed(self, job_id: str = "a", reason: str = "No answer") -> None:
        await self.approve(job_id)
        await self.given(job_id, c.FailJob(reason=reason))

    async def unresolved(self, job_id: str = "a") -> None:
        """Have a job ask for a person: nobody knows whether its render exists."""
        await self.approve(job_id)
        token = f"token-{job_id}"
        reason = "nobody can tell whether a render was created: the list does not answer"
        await self.given(job_id, requested_at_a_provider(token), c.LeaveUnresolved(token=token, reason=reason))

    async def completed(self, job_id: str = "a", *, video: bytes = VIDEO, stored: bool = True) -> str:
        """Complete a job whose video has these bytes, and return their SHA-256."""
        await self.approve(job_id)
        place = self.dependencies.videos.path(job_id)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(video)
        self.dependencies.videos.thumbnail(job_id).write_bytes(image_bytes(kind="JPEG"))
        sha256 = hashlib.sha256(video).hexdigest()
        await self.given(job_id, *finished(job_id, video=video, sha256=sha256 if stored else None))
        return sha256


def approval(job_id: object = "a", **more: object) -> dict[str, object]:
    return {
        "job_id": job_id,
        "estimated_cost": 2.5,
        "storyboard": [
            {"image_url": "https://images.example/1.png", "description": "One", "duration_seconds": 2.0},
            {"image_url": "https://images.example/2.png"},
        ],
        **more,
    }


def requested(token: str = "token") -> c.RequestRender:
    order = RenderOrder(renderer="slideshow", model=None, request_hash=token)
    return _requested(token, order)


def requested_at_a_provider(token: str = "token") -> c.RequestRender:
    """Request a paid render, with all that a person needs to find it."""
    order = RenderOrder(
        renderer="replicate",
        model="owner/film",
        request_hash=token,
        seed=4711,
        input={"prompt": "A boat leaves the harbour", "image": {"sha256": "ab" * 32}, "duration": 5},
    )
    return _requested(token, order)


def _requested(token: str, order: RenderOrder) -> c.RequestRender:
    now = datetime.now(UTC)
    return c.RequestRender(token=token, order=order, at=now, deadline=now + timedelta(minutes=10), prices=Prices())


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


def image_bytes(size: tuple[int, int] = (8, 6), kind: str = "PNG") -> bytes:
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
async def open_harness(folder: Path, **settings: object) -> AsyncIterator[HttpHarness]:
    chosen = Settings.model_validate({"data_dir": folder, **settings})
    database, metrics = await _fresh_database(folder), Metrics()
    store = SqlEventStore(database, now=clock.now)
    await store.start()
    waiting_for = SqlWaitingFor(database)
    jobs = JobList(SqlJobs(database), waiting_for)
    log_signal = LogSignal(jobs.last_position)
    store.on_commit(log_signal.notify)
    checks: dict[str, object] = {}
    provider = ProviderHealth(is_local=chosen.renderer != "replicate", now=clock.now)
    async with Outbound(allow_private=True) as outbound:
        measured = MeasuredStore(store, metrics, monotonic=clock.monotonic)
        workers, renders = ToldWorkers(), KnownRenders("found")
        repository = JobRepository(measured, new_id=clock.new_id, metadata={})
        dependencies = Dependencies(
            operations=JobOperations(
                repository,
                prices=lambda: Prices(per_image=chosen.price_per_image, per_second=chosen.price_per_second),
                now=clock.now,
                download_seconds=chosen.download_deadline_seconds,
                lookup=renders,
                workers=workers,
            ),
            store=measured,
            jobs=jobs,
            images=ImageStore(folder / "images", outbound=outbound),
            videos=VideoFiles(folder, folder / "staging", _no_download),
            idempotency=SqlIdempotency(IdempotencyKeys(database)),
            log_signal=log_signal,
            queue=SqlQueue(database),
            checks=checks,
            provider=provider.check,
            clock=clock,
            new_id=clock.new_id,
        )
        app = create_app(dependencies, chosen, metrics=metrics)
        async with serving(app, dependencies.stopping) as url, httpx.AsyncClient(base_url=url) as client:
            yield HttpHarness(
                dependencies=dependencies,
                repository=repository,
                workers=workers,
                renders=renders,
                client=client,
                metrics=metrics,
                checks=checks,
                provider=provider,
                url=url,
            )
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
