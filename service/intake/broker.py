"""The NATS connection of the subscribers, which is paused while the stream or the consumer is missing."""

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
"""Without this limit a stop waits minutes for a server that does not answer."""
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
        """Begin to take messages, also after a pause; may be repeated. The stream and the consumer must exist.

        Raises the errors of the NATS client.
        """
        if self._stopped:
            return
        if not self._broker.running:
            await self._broker.start()
        for subscriber in self._approvals.subscribers:
            if not subscriber.running:
                await subscriber.start()

    async def pause(self) -> None:
        """Ask for no more approvals until the next start, and finish those being handled. May be repeated.

        Where the stream or the consumer is missing FastStream asks again without a wait. Where the server itself is
        away it does not ask, so there is nothing to pause.
        """
        running = [subscriber for subscriber in self._approvals.subscribers if subscriber.running]
        if not running or not await self._broker.ping(PING_SECONDS):
            return
        log.warning("intake_paused")
        async with asyncio.TaskGroup() as group:
            for subscriber in running:
                group.create_task(subscriber.stop())

    async def stop(self) -> None:
        """Take no more messages and finish those being handled; a server that does not answer is not waited for."""
        self._stopped = True
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self._broker.stop()
        except (errors.Error, ExceptionGroup, TimeoutError) as error:
            log.warning("intake_cut_off", reason=str(error) or "NATS does not answer")
