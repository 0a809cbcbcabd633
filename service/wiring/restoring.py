"""Makes what follows a restore: for verbs that work while no service runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from adapters.bus.embedded import EmbeddedNats
from adapters.renderers.replicate.client import Access, ReplicateClient
from adapters.renderers.replicate.listing import ReplicateListing
from domain.errors import Refused, Unavailable
from service.housekeeping.restoring import Restoring
from service.log_readers.relay import NAME
from service.settings import Settings
from service.wiring.bus_link import BusLink, connect_bus
from service.wiring.operations import make_operations
from service.wiring.stores import Stores

CONNECT_SECONDS = 5.0


@asynccontextmanager
async def open_bus(settings: Settings) -> AsyncIterator[BusLink]:
    """Connect to NATS; the embedded server runs for this time only. Raises Unavailable, Refused."""
    embedded = None if settings.nats_servers else EmbeddedNats(settings.data_dir, settings.nats_port)
    try:
        servers = settings.nats_servers if embedded is None else [await embedded.start()]
        link = await connect_bus(servers, replicas=settings.nats_replicas, wait_seconds=CONNECT_SECONDS)
        try:
            yield link
        finally:
            await link.close()
    finally:
        if embedded is not None:
            await embedded.stop()


async def is_served(settings: Settings) -> bool:
    """Tell whether somebody takes approvals from the NATS of the settings; a server that is away is not asked."""
    if not settings.nats_servers:
        return False
    try:
        async with open_bus(settings) as link:
            return await link.is_served()
    except (Unavailable, Refused):
        return False


@asynccontextmanager
async def make_restoring(
    settings: Settings, stores: Stores, link: BusLink, *, progress: Callable[[str], None]
) -> AsyncIterator[Restoring]:
    """Make it over a database that takes appends, and a connected bus."""
    checkpoint = await stores.checkpoints.load(NAME)
    provider = _make_listing(settings)
    try:
        yield Restoring(
            database=stores.restores,
            streams=link,
            renders=stores.renders,
            provider=provider,
            events=stores.events,
            operations=make_operations(settings, stores),
            announced_upto=checkpoint.sequence,
            progress=progress,
        )
    finally:
        if provider is not None:
            await provider.close()


def _make_listing(settings: Settings) -> ReplicateListing | None:
    """Return the provider's list; None where renders cost nothing."""
    if settings.renderer != "replicate":
        return None
    token = settings.replicate_api_token
    access = Access(token=token.get_secret_value() if token else "", base_url=settings.replicate_base_url)
    return ReplicateListing(ReplicateClient(access))
