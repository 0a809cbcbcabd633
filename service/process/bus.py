"""The NATS side of a running service: connection, streams and consumer, intake of approvals, announcements."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime

import structlog

from domain.errors import ReelwrightError, Unavailable
from service.clock import Clock
from service.intake.broker import IntakeBroker
from service.log_readers.log_signal import LogSignal
from service.log_readers.relay import Relay
from service.settings import Settings
from service.wiring.bus import make_relay, make_subscriber
from service.wiring.bus_link import BusLink, connect_bus
from service.wiring.stores import Stores
from service.wiring.worker import Worker

log = structlog.get_logger()

WATCH_SECONDS = 1.0
STALE_CHECK_SECONDS = 6.0
START_AGAIN_SECONDS = 1.0
FLUSH_SECONDS = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Connected:
    """What needs the connection; relay and subscriber are None where the process has not this role."""

    link: BusLink
    relay: Relay | None
    subscriber: IntakeBroker | None

    def lag_seconds(self, at: datetime) -> float:
        """Return how long, at a given time, the oldest event of the outbox has waited."""
        since = self.relay.lag.waiting_since if self.relay is not None else None
        return 0.0 if since is None else max(0.0, (at - since).total_seconds())


class Bus:
    """The connection, the subscriber, the relay and the watchdog of one process."""

    def __init__(
        self,
        settings: Settings,
        stores: Stores,
        worker: Worker,
        *,
        log_signal: LogSignal,
        roles: frozenset[str],
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._stores = stores
        self._worker = worker
        self._log_signal = log_signal
        self._roles = roles
        self._clock = clock
        self._problem: str | None = "not connected yet"
        self._checked_at = self._clock.monotonic()
        self._was_ready = False
        self._waiting = 0
        self._checked = asyncio.Event()
        self._connected: _Connected | None = None

    async def health(self) -> tuple[bool, str]:
        """Return whether approvals can be taken and events announced, and if not, why."""
        if self._problem is not None:
            return False, self._problem
        if self._clock.monotonic() - self._checked_at > STALE_CHECK_SECONDS:
            return False, "NATS does not answer"
        return True, f"streams and consumer are there; {self._waiting} approvals wait to be taken"

    async def run(self, servers: list[str]) -> None:
        """Run until cancelled, also while the server is away."""
        connected = self._connected = await self._connect(servers)
        while not await self._check(connected.link):
            await asyncio.sleep(START_AGAIN_SECONDS)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch(connected.link))
            self._worker.metrics.approvals_waiting.set_function(lambda: self._waiting)
            if connected.relay is not None:
                self._worker.metrics.outbox_seconds.set_function(lambda: connected.lag_seconds(self._clock.now()))
                group.create_task(connected.relay.run())
            if connected.subscriber is not None:
                group.create_task(self._run_subscriber(connected.link, connected.subscriber))

    async def stop_intake(self) -> None:
        """Take no more messages; those taken already are finished."""
        if self._connected is not None and self._connected.subscriber is not None:
            await self._connected.subscriber.stop()

    async def step_down(self) -> None:
        """Release the relay's leader lease, so that another process can announce."""
        try:
            await self._stores.relay_lease.step_down()
        except Unavailable as error:
            log.warning("relay_lease_not_given_up", reason=str(error))

    async def flush(self) -> None:
        """Wait a short time for the relay to empty the outbox; the next relay announces what is left."""
        relay = None if self._connected is None else self._connected.relay
        if relay is None or self._problem is not None:
            return
        self._log_signal.wake()
        try:
            async with asyncio.timeout(FLUSH_SECONDS):
                last = await self._stores.jobs.last_position()
                while relay.lag.position < last:
                    await asyncio.sleep(0.02)
        except (TimeoutError, Unavailable):
            log.info("announcements_left", position=relay.lag.position)

    async def close(self) -> None:
        """Close the connection."""
        if self._connected is not None:
            await self._connected.link.close()

    async def _connect(self, servers: list[str]) -> _Connected:
        link = await connect_bus(servers, replicas=self._settings.nats_replicas)
        return _Connected(
            link=link,
            relay=make_relay(self._settings, self._stores, link, self._log_signal) if "relay" in self._roles else None,
            subscriber=make_subscriber(servers, self._worker, link) if "worker" in self._roles else None,
        )

    async def _watch(self, link: BusLink) -> None:
        """Make deleted streams and consumers again: NATS reports no deletion. Repeated messages do no harm."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            await self._check(link)
            self._checked.set()

    async def _check(self, link: BusLink) -> bool:
        try:
            made = await link.ensure()
            self._waiting = await link.waiting()
        except ReelwrightError as error:
            if self._problem != str(error):
                log.warning("bus_away", reason=str(error))
            self._problem = str(error)
            return False
        if made and self._was_ready:
            log.warning("bus_made_again", made=made)
            self._log_signal.wake()
        self._was_ready = True
        if self._problem is not None:
            log.info("bus_ready")
        self._problem = None
        self._checked_at = self._clock.monotonic()
        return True

    async def _run_subscriber(self, link: BusLink, subscriber: IntakeBroker) -> None:
        """Take approvals while their consumer is there. Every error is retried after the next check."""
        while True:
            try:
                has_consumer = self._problem is None or await _has_consumer(link)
                await (subscriber.start() if has_consumer else subscriber.pause())
            except Exception as error:  # noqa: BLE001 - FastStream passes on every error of the client
                log.warning("subscriber_not_started", reason=str(error))
            await self._checked.wait()
            self._checked.clear()


async def _has_consumer(link: BusLink) -> bool:
    try:
        await link.waiting()
    except ReelwrightError:
        return False
    return True
