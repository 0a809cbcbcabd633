"""What a service does over NATS, put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from faststream.nats.security import NatsToken, NatsUserPassword
from faststream.security import BaseSecurity

from adapters import clock
from adapters.bus.connection import login
from adapters.bus.embedded import EmbeddedNats
from service.intake.broker import IntakeBroker
from service.intake.subscribers import approvals_router, commands_router
from service.log_readers.relay import Relay
from service.settings import Settings
from service.urls import place_of
from service.wiring.bus_link import BusLink
from service.wiring.stores import Stores
from service.wiring.worker import Worker


def make_embedded(settings: Settings) -> EmbeddedNats:
    """Name the embedded server; nothing is started yet."""
    return EmbeddedNats(settings.data_dir, settings.nats_port)


def make_relay(settings: Settings, stores: Stores, link: BusLink) -> Relay:
    """Make what announces events."""
    back = timedelta(seconds=settings.announce_again_seconds)
    return Relay(
        stores.events,
        link.feed,
        stores.checkpoints,
        again_since=lambda: clock.now() - back,
        leadership=stores.announcer,
    )


def make_subscriber(servers: Sequence[str], work: Worker, link: BusLink) -> IntakeBroker:
    """Make what takes approvals and commands."""
    security = _security(login(servers))
    if security is not None:
        servers = [place_of(url) for url in servers]  # FastStream takes a login from one place alone
    return IntakeBroker(
        servers,
        approvals=approvals_router(work.intake, link.rejections),
        commands=commands_router(work.operations),
        registry=work.metrics.registry,
        security=security,
    )


def _security(how: Mapping[str, str]) -> BaseSecurity | None:
    match how:
        case {"token": token}:
            return NatsToken(token)
        case {"user": user, "password": password}:
            return NatsUserPassword(user, password)
        case _:
            return None
