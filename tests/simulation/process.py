"""One simulated process: the real program on simulated time, stores, bus and provider.

The only file that calls the product's constructors: as `service/wiring/` and `service/process/` do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager, suppress
from contextvars import Context
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

from adapters.images.store import ImageStore
from adapters.outbound.client import Outbound
from adapters.renderers.replicate.client import Access, ReplicateClient
from adapters.renderers.replicate.profile import choose_model
from adapters.renderers.replicate.renderer import ReplicateRenderer
from domain.errors import Unavailable
from domain.rendering import RenderOrder, RenderRequest
from domain.retry import RetryPolicy
from service.jobs import operations
from service.jobs.operations import JobOperations
from service.jobs.repository import JobRepository
from service.log_readers import log_signal, reader
from service.log_readers.log_signal import LogSignal
from service.log_readers.reader import LogReader
from service.log_readers.relay import NAME, Relay
from service.wiring.stores import CLOCK_TOLERANCE_SECONDS
from service.worker import following, runner
from service.worker.downloading import Downloading
from service.worker.policy import RenderPolicy
from service.worker.render_lookup import LookupAtRenderers
from service.worker.renderers import Renderers
from service.worker.rendering import Rendering
from service.worker.runner import Places, Runner, WorkerTables
from service.worker.settling import Settling
from service.worker.step_loop import StepLoop
from service.worker.unexpected_errors import UnexpectedErrors
from tests.simulation import deployment as limits
from tests.simulation.bus import SimulatedFeed
from tests.simulation.deployment import PROFILES, Deployment
from tests.simulation.disk import SimulatedSlideshow, SimulatedVideos
from tests.simulation.installation import Installation
from tests.simulation.loop import OWNER
from tests.simulation.provider.account import BEGINNING
from tests.simulation.provider.api import BASE_URL
from tests.simulation.provider.front import Sender
from tests.simulation.provider.http import SUBMITTED, SimulatedHttp
from tests.simulation.stores.of_process import make_memory_stores
from tests.simulation.world import World

CONCURRENCY = 10
NO_IMAGES = ImageStore(Path("no images"), outbound=Outbound())
"""Never used: every image is a URL that the provider fetches."""
_SLOWER = {
    (runner, "CLAIM_POLL_SECONDS"): 8.0,
    (runner, "VERSIONS_POLL_SECONDS"): 6.0,
    (reader, "POLL_SECONDS"): 16.0,
    (log_signal, "LOOK_AGAIN_SECONDS"): 16.0,
    (operations, "SETTLING_POLL_SECONDS"): 1.0,
    (following, "LOCAL_POLL_SECONDS"): 2.0,
}
"""How often a process looks whether there is anything to do: most of a schedule's work, and nothing happens."""


@contextmanager
def rare_polls() -> Iterator[None]:
    """Let the product poll less often meanwhile: these constants are no promise."""
    with ExitStack() as stack:
        for (module, name), seconds in _SLOWER.items():
            stack.enter_context(patch.object(module, name, seconds))
        yield


class WitnessedRenderer(ReplicateRenderer):
    """The real renderer; the books of the simulation are told which request a create belongs to."""

    async def submit(self, request: RenderRequest, order: RenderOrder) -> str:
        """Create the prediction."""
        before = SUBMITTED.set(request)
        try:
            return await super().submit(request, order)
        finally:
            SUBMITTED.reset(before)


class Process:
    """A process of an installation. It can be killed, paused and stopped, and its wall clock can be set."""

    def __init__(self, name: str, installation: Installation, deployment: Deployment, world: World) -> None:
        self.name = name
        self.deployment = deployment
        self.installation = installation
        self.ahead_seconds = installation.ahead_seconds
        self.is_alive, self.is_paused = True, False
        self.is_running = True
        """Whether its callbacks run: the loop asks for each of them."""
        self._world = world
        self.held: list[asyncio.Handle] = []
        """The callbacks of a paused process until it runs again, those of a dead one until the story is over."""
        self._stopping = asyncio.Event()
        self._numbers = count(1)
        self._context = Context()
        self._context.run(OWNER.set, self)
        self._context.run(self._make)
        self._task = world.loop.create_task(self._run(), context=self._context)
        self._task.add_done_callback(self._ended, context=Context())

    def now(self) -> datetime:
        """Return the time on this process's clock."""
        return BEGINNING + timedelta(seconds=self._world.loop.time() + self.ahead_seconds)

    def _database_now(self) -> datetime:
        """Return the time to store events under: that of the database where the own clock differs."""
        differs = abs(self.ahead_seconds) > CLOCK_TOLERANCE_SECONDS
        return BEGINNING + timedelta(seconds=self._world.loop.time()) if differs else self.now()

    def monotonic(self) -> float:
        """Return virtual seconds."""
        return self._world.loop.time()

    def new_id(self) -> str:
        """Return an id that no other process makes."""
        return f"{self.name}-{next(self._numbers)}"

    def kill(self) -> None:
        """End it at once, between two of its awaits."""
        self.is_alive = self.is_running = False

    def pause(self) -> None:
        """Stop it as SIGSTOP does."""
        self.is_paused, self.is_running = True, False

    def resume(self) -> None:
        """Let it run again; all that became due meanwhile runs now."""
        self.is_paused, self.is_running = False, True
        self._world.loop.run_again(self.held)
        self.held.clear()

    def stop(self) -> None:
        """Ask it to end cleanly, as SIGTERM does."""
        self._world.loop.call_soon(self._stopping.set, context=self._context)

    @property
    def has_ended(self) -> bool:
        """Whether it is dead, or has ended by itself."""
        return not self.is_alive or self._task.done()

    def do(self, work: Callable[[JobOperations], Coroutine[Any, Any, Any]]) -> asyncio.Task[Any]:
        """Run an operation on jobs in this process, as its HTTP front end does."""
        context = self._context.copy()
        return self._world.loop.create_task(context.run(work, self._operations), context=context)

    def _make(self) -> None:
        self._stores = stores = make_memory_stores(
            self.installation.database_of(self.name),
            owner=self.name,
            lease_seconds=limits.LEASE_SECONDS,
            clock=self,
            database_now=self._database_now,
        )
        self._renderers = self._make_renderers()
        repository = JobRepository(stores.events, new_id=self.new_id, metadata={})
        self._runner = Runner(
            repository,
            self._make_step_loop(),
            WorkerTables(leases=stores.leases, versions=stores.jobs, waiting_for=stores.waiting_for),
            clock=self,
            places=Places(jobs=CONCURRENCY),
            lease_seconds=limits.LEASE_SECONDS,
        )
        self._operations = JobOperations(
            repository,
            prices=lambda: self.deployment.prices,
            now=self.now,
            download_seconds=limits.DOWNLOAD_SECONDS,
            lookup=LookupAtRenderers(self._renderers),
            workers=self._runner,
            bills=self.deployment.renderer == "replicate",
        )
        self._relay = self._make_relay()

    def _make_step_loop(self) -> StepLoop:
        policy, prices = self._policy(), self.deployment.prices
        rendering = Rendering(self._renderers, self._stores.renders, policy, new_id=self.new_id)
        videos = SimulatedVideos(self.installation.disk, self._world.provider, self._world.wire)
        return StepLoop(
            rendering,
            Downloading(videos, self._renderers, prices=prices, threshold=Decimal("1.2")),
            Settling(rendering, prices),
            UnexpectedErrors(policy, clean=self._tell_unexpected, count=lambda _step: None),
        )

    def _policy(self) -> RenderPolicy:
        return RenderPolicy(
            retry=RetryPolicy(max_retries=self.deployment.max_retries, backoff_seconds=limits.BACKOFF_SECONDS),
            prices=self.deployment.prices,
            timeout_seconds=limits.RENDER_TIMEOUT_SECONDS,
            poll_seconds=limits.POLL_SECONDS,
            create_timeout_seconds=limits.CREATE_TIMEOUT_SECONDS,
            settle_seconds=limits.SETTLE_SECONDS,
            lease_seconds=limits.LEASE_SECONDS,
            download_seconds=limits.DOWNLOAD_SECONDS,
            not_found_seconds=limits.NOT_FOUND_SECONDS,
            unreachable_seconds=limits.UNREACHABLE_SECONDS,
        )

    def _make_relay(self) -> Relay:
        stores, signal = self._stores, LogSignal(self._stores.jobs.last_position)
        stores.events.on_commit(signal.notify)
        return Relay(
            LogReader(NAME, stores.events, wait=signal.wait, leadership=stores.relay_lease),
            SimulatedFeed(self.installation.stream, self._world.wire),
            stores.checkpoints,
            again_since=lambda: self.now() - timedelta(days=1),
        )

    def _make_renderers(self) -> Renderers:
        """Make the chosen renderer, and the other one, which only ends what was begun with it."""
        slideshow = SimulatedSlideshow(self.installation.disk, monotonic=self.monotonic)
        replicate = self._make_replicate()
        is_local = self.deployment.renderer == "slideshow"
        return Renderers(slideshow, replicate) if is_local else Renderers(replicate, slideshow)

    def _make_replicate(self) -> ReplicateRenderer:
        chosen = self.deployment
        access = Access(token=chosen.token, base_url=BASE_URL, create_timeout_seconds=limits.CREATE_TIMEOUT_SECONDS)
        sender = Sender(process=self.name, token=chosen.token, bills_computing=chosen.bills_computing)
        http = SimulatedHttp(self._world.provider, self._world.wire, sender)
        profile = PROFILES[chosen.profile]
        return WitnessedRenderer(
            ReplicateClient(access, now=self.now, monotonic=self.monotonic, http=http),
            choose_model(chosen.model, profile),
            profile=profile,
            images=NO_IMAGES,
            now=self.now,
            monotonic=self.monotonic,
        )

    async def _run(self) -> None:
        await self._stores.events.start()
        await self._renderers.chosen.check()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._runner.run())
            relay = group.create_task(self._relay.run())
            await self._stopping.wait()
            await self._runner.leave()
            relay.cancel()
        with suppress(Unavailable):
            await self._stores.relay_lease.step_down()
        await self._renderers.close()
        await self._stores.events.close()

    def _tell_unexpected(self, error: str) -> str:
        self._world.tell_unexpected(self.name, error)
        return error

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not self.is_alive or task.cancelled():
            return
        if (error := task.exception()) is not None:
            self._world.tell_death(self.name, error)
        else:
            self._world.story.tell(self.name, "has stopped")
