"""Makes the parts of a service that use NATS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from faststream.nats.security import NatsToken, NatsUserPassword
from faststream.security import BaseSecurity

from adapters.bus.connection import login
from adapters.bus.embedded import EmbeddedNats
from service.intake.broker import IntakeBroker
from service.intake.subscribers import approvals_router, commands_router
from service.log_readers.log_signal import LogSignal
from service.log_readers.reader import LogReader
from service.log_readers.relay import NAME, Relay
from service.settings import Settings
from service.urls import place_of
from service.wiring.bus_link import BusLink
from service.wiring.clock import CLOCK
from service.wiring.stores import Stores
from service.wiring.worker import Worker


def make_embedded(settings: Settings) -> EmbeddedNats:
    """Make the embedded server; it is not started yet."""
    return EmbeddedNats(settings.data_dir, settings.nats_port)


def make_relay(settings: Settings, stores: Stores, link: BusLink, log_signal: LogSignal) -> Relay:
    """Make the relay, which announces events."""
    back = timedelta(seconds=settings.announce_again_seconds)
    reader = LogReader(NAME, stores.events, wait=log_signal.wait, leadership=stores.relay_lease)
    return Relay(reader, link.feed, stores.checkpoints, again_since=lambda: CLOCK.now() - back)


def make_subscriber(servers: Sequence[str], worker: Worker, link: BusLink) -> IntakeBroker:
    """Make the broker, which takes approvals and commands."""
    if (security := _security(login(servers))) is not None:
        servers = [
            place_of(url) for url in servers
        ]  # FastStream takes a login from `security` or from the URLs, not from both
    return IntakeBroker(
        servers,
        approvals=approvals_router(worker.intake, link.rejections),
        commands=commands_router(worker.operations),
        registry=worker.metrics.registry,
        security=security,
    )


def _security(credentials: Mapping[str, str]) -> BaseSecurity | None:
    match credentials:
        case {"token": token}:
            return NatsToken(token)
        case {"user": user, "password": password}:
            return NatsUserPassword(user, password)
        case _:
            return None
