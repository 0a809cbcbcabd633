"""A worker's desk in this process: a real store, the real Replicate adapter, a hostile provider, one job in hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from adapters import clock
from adapters.fake_provider.faults import Faults
from adapters.fake_provider.server import serving
from adapters.fake_provider.state import ProviderState, new_state
from adapters.outbound.client import Outbound
from adapters.renderers.noop import NoopRenderer
from adapters.renderers.replicate.client import Access
from adapters.renderers.replicate.redaction import Redaction
from adapters.renderers.replicate.renderer import open_replicate
from adapters.videos.download import Download
from adapters.videos.files import VideoFiles
from domain.commands import Approve
from domain.cost import Prices
from domain.job import Job
from domain.retry import RetryPolicy
from domain.storyboard import OutputWishes, Scene, storyboard_hash
from service.jobs.repository import JobRepository
from service.settings import load_settings
from service.wiring.stores import Stores, make_stores
from service.worker.downloading import Downloading
from service.worker.leased_job import LeasedJob
from service.worker.policy import RenderPolicy
from service.worker.renderer import Renderer
from service.worker.renderers import Renderers
from service.worker.rendering import Rendering
from service.worker.settling import Settling
from service.worker.step_loop import StepLoop
from service.worker.unexpected_errors import UnexpectedErrors

MODEL = "fake/film"
TOKEN = "a-token"
LEASE_SECONDS = 0.3
MOST_STEPS = 200


class NoImages:
    """The port `Images` where every image is a URL that the provider fetches."""

    async def fetch(self, url: str) -> Path:
        raise AssertionError(f"the provider fetches {url} itself")

    async def keep(self, data: bytes) -> str:
        raise AssertionError("nothing is uploaded here")

    def stored(self, sha256: str) -> Path | None:
        return None


@dataclass(kw_only=True)
class WorkerHarness:
    """What one worker has, its clock too: `policy` may be replaced before `rendering` is asked for."""

    provider: ProviderState
    stores: Stores
    repository: JobRepository
    renderer: Renderer
    videos: VideoFiles
    policy: RenderPolicy
    url: str
    others: tuple[Renderer, ...] = ()
    ahead: timedelta = timedelta(0)
    broken: list[str] = field(default_factory=list)

    def now(self) -> datetime:
        return clock.now() + self.ahead

    def monotonic(self) -> float:
        return clock.monotonic()

    @property
    def renderers(self) -> Renderers:
        """The chosen renderer, and those of before a deploy that are still configured."""
        return Renderers(self.renderer, *self.others)

    def deploy(self, *, token: str = TOKEN, model: str = MODEL, profile: str | None = None) -> None:
        """Go on with other settings of the provider, as a process that starts with them."""
        access = Access(token=token, base_url=self.url, create_timeout_seconds=0.5, request_timeout_seconds=2.0)
        self.renderer = open_replicate(access, model=model, profile=profile, images=NoImages(), now=self.now)

    @property
    def rendering(self) -> Rendering:
        return Rendering(self.renderers, self.stores.renders, self.policy, new_id=clock.new_id)

    @property
    def settling(self) -> Settling:
        return Settling(self.rendering, self.policy.prices)

    @property
    def downloading(self) -> Downloading:
        return Downloading(self.videos, self.renderers, prices=self.policy.prices, threshold=Decimal("1.2"))

    @property
    def step_loop(self) -> StepLoop:
        """What works on a job until it is idle."""
        unexpected_errors = UnexpectedErrors(self.policy, clean=Redaction(TOKEN), count=self.broken.append)
        return StepLoop(self.rendering, self.downloading, self.settling, unexpected_errors)

    async def approve(self, job_id: str, *, image: str | None = None) -> None:
        scenes = (Scene(scene_number=1, image_url=f"https://images.example/{image or job_id}.png"),)
        hashed = storyboard_hash(scenes, OutputWishes())
        await self.repository.execute(job_id, Approve(storyboard=scenes, output=OutputWishes(), storyboard_hash=hashed))

    async def take(self, job_id: str) -> LeasedJob:
        """Take the job in hand, as a worker that was just started would."""
        for _ in range(MOST_STEPS):
            for lease in await self.stores.leases.claim(10):
                if lease.job_id == job_id:
                    job = await self.repository.load(job_id)
                    return LeasedJob(
                        job,
                        lease,
                        repository=self.repository,
                        leases=self.stores.leases,
                        waiting_for=self.stores.waiting_for,
                        clock=self,
                    )
            await asyncio.sleep(0.02)
        raise AssertionError(f"job {job_id} cannot be claimed")

    async def requested(self, job_id: str, *, fault: str, image: str | None = None) -> LeasedJob:
        """Bring a job to where its create was sent and `fault` took the answer."""
        self.provider.faults.script = {"create": [fault]}
        await self.approve(job_id, image=image)
        work = await self.take(job_id)
        await self.rendering.requesting.request(work)
        return work

    async def types(self, job_id: str) -> list[str]:
        return [type(recorded.event).__name__ for recorded in await self.stores.events.history(job_id)]


async def until(step: Callable[[], Awaitable[Any]], done: Callable[[], bool]) -> None:
    """Do a step again and again until it is done."""
    for _ in range(MOST_STEPS):
        await step()
        if done():
            return
    raise AssertionError("it is never done")


@asynccontextmanager
async def a_worker(folder: Path) -> AsyncIterator[WorkerHarness]:
    """Open everything, with times of tenths of seconds."""
    settings = load_settings({"REELWRIGHT_DATA_DIR": str(folder), "REELWRIGHT_LEASE_SECONDS": str(LEASE_SECONDS)})
    folder.mkdir(exist_ok=True)
    stores = make_stores(settings)
    await stores.prepare()
    provider = new_state(Faults(starting_seconds=0.0, render_seconds=0.05))
    async with serving(provider) as url:
        policy = RenderPolicy(
            retry=RetryPolicy(backoff_seconds=0.1),
            prices=Prices(),
            timeout_seconds=600.0,
            poll_seconds=0.02,
            create_timeout_seconds=0.1,
            settle_seconds=0.1,
            lease_seconds=LEASE_SECONDS,
            download_seconds=3300.0,
            failing_seconds=0.0,
        )
        outbound = Outbound(allow_private=True)
        videos = VideoFiles(folder, folder / "staging", Download(outbound, most_bytes=10_000_000))
        repository = JobRepository(stores.events, new_id=clock.new_id, metadata={})
        try:
            harness = WorkerHarness(
                provider=provider,
                stores=stores,
                repository=repository,
                renderer=NoopRenderer(),
                videos=videos,
                policy=policy,
                url=url,
            )
            harness.deploy()
            yield harness
        finally:
            await outbound.aclose()
            await harness.renderers.close()
            await stores.close()


def newest(job: Job) -> str:
    """Return the state of the job's newest render."""
    assert job.render is not None
    return str(job.render.state)
