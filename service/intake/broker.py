"""The connection on which the subscribers listen: made, paused while the stream is missing, and closed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog
from faststream.nats import NatsBroker, NatsRouter
from faststream.nats.prometheus import NatsPrometheusMiddleware
from faststream.security import BaseSecurity
from nats import errors
from prometheus_client import CollectorRegistry

log = structlog.get_logger()

APP_NAME = "reelwright"
GRACEFUL_SECONDS = 2.0
STOP_SECONDS = 2.5
"""A stop that waits for a server which stands still takes the client's own limits: minutes."""
RECONNECT_WAIT_SECONDS = 0.25
PING_SECONDS = 0.1


class IntakeBroker:
    """FastStream's broker with the subscribers of approvals, which can be paused, and those of commands."""

    def __init__(
        self,
        servers: Sequence[str],
        *,
        approvals: NatsRouter,
        commands: NatsRouter,
        registry: CollectorRegistry,
        security: BaseSecurity | None = None,
    ) -> None:
        self._approvals = approvals
        self._stopped = False
        self._broker = NatsBroker(
            list(servers),
            name="reelwright-intake",
            max_reconnect_attempts=-1,
            reconnect_time_wait=RECONNECT_WAIT_SECONDS,  # type: ignore[arg-type]  # slept as it is
            graceful_timeout=GRACEFUL_SECONDS,
            security=security,
            apply_types=False,  # costs 150 to 250 µs an approval; the decoders give typed values
            logger=None,
            routers=[approvals, commands],
            middlewares=[NatsPrometheusMiddleware(registry=registry, app_name=APP_NAME)],
        )

    async def start(self) -> None:
        """Begin to take messages, or go on after a pause; may be repeated. The stream and the consumer must be there.

        Raises whatever the client of NATS raises.
        """
        if self._stopped:
            return
        if not self._broker.running:
            await self._broker.start()
        for subscriber in self._approvals.subscribers:
            if not subscriber.running:
                await subscriber.start()

    async def pause(self) -> None:
        """Ask for no more approvals until the next start; what is in hand is finished. May be repeated.

        Where the stream or the consumer is missing FastStream asks again at once, at full speed. Where the server
        itself is away nobody asks, and nothing is done.
        """
        running = [subscriber for subscriber in self._approvals.subscribers if subscriber.running]
        if not running or not await self._broker.ping(PING_SECONDS):
            return
        log.warning("intake_paused")
        async with asyncio.TaskGroup() as group:
            for subscriber in running:
                group.create_task(subscriber.stop())

    async def stop(self) -> None:
        """Take no more; what is in hand is finished. A server that is away or stands still is not waited for."""
        self._stopped = True
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self._broker.stop()
        except (errors.Error, ExceptionGroup, TimeoutError) as error:
            log.warning("intake_cut_off", reason=str(error) or "NATS does not answer")
