"""The connection to NATS and what is done over it, put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from nats.aio.client import Client

from adapters import clock
from adapters.bus import connection, streams
from adapters.bus.embedded import EmbeddedNats
from adapters.bus.feed import VideoFeed
from adapters.bus.rejections import Rejections
from service.relay import Relay
from service.settings import Settings
from service.subscriber import Subscriber
from service.wiring.stores import Stores
from service.wiring.work import Work

BUS_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BusLink:
    """Connections to NATS and what is done over them; announcements have one to themselves."""

    client: Client
    feed_client: Client
    feed: VideoFeed
    rejections: Rejections
    replicas: int

    async def ensure(self) -> tuple[str, ...]:
        """Make streams and consumer where they are missing, and return what was made. Raises Unavailable, Refused."""
        return await streams.ensure(self.client.jetstream(timeout=BUS_SECONDS), replicas=self.replicas)

    async def approve(self, payload: bytes, *, message_id: str) -> int:
        """Publish an approval and return its stream sequence; may be repeated. Raises Unavailable, Refused."""
        with connection.translated("publish the approval"):
            ack = await self.client.jetstream(timeout=BUS_SECONDS).publish(
                streams.APPROVED, payload, headers={"Nats-Msg-Id": message_id}, stream=streams.STORYBOARD
            )
        return ack.seq

    async def differences(self) -> Sequence[streams.Difference]:
        """Return every field of streams and consumer that is not as wanted. Raises Unavailable."""
        return await streams.diff(self.client.jetstream(timeout=BUS_SECONDS), replicas=self.replicas)

    async def apply(self) -> Sequence[streams.Difference]:
        """Make streams and consumer as wanted and return what was different. Raises Unavailable, Refused."""
        return await streams.apply(self.client.jetstream(timeout=BUS_SECONDS), replicas=self.replicas)

    async def close(self) -> None:
        """Close both connections."""
        await connection.close(self.client)
        await connection.close(self.feed_client)


async def connect_bus(servers: Sequence[str], *, replicas: int, wait_seconds: float | None = None) -> BusLink:
    """Connect; waits for a server that is away for ever, or `wait_seconds` and then raises Unavailable."""
    client = await connection.connect(servers, name="reelwright", wait_seconds=wait_seconds)
    feed_client = await connection.connect(servers, name="reelwright-relay", wait_seconds=wait_seconds)
    return BusLink(
        client=client,
        feed_client=feed_client,
        feed=VideoFeed(feed_client),
        rejections=Rejections(client),
        replicas=replicas,
    )


def make_embedded(settings: Settings) -> EmbeddedNats:
    """Name the embedded server; nothing is started yet."""
    return EmbeddedNats(settings.data_dir, settings.nats_port)


def make_relay(settings: Settings, stores: Stores, link: BusLink) -> Relay:
    """Make what announces events."""
    back = timedelta(seconds=settings.announce_again_seconds)
    return Relay(
        stores.events, link.feed, stores.checkpoints, again_since=lambda: clock.now() - back, guard=stores.announcer
    )


def make_subscriber(servers: Sequence[str], work: Work, link: BusLink) -> Subscriber:
    """Make what takes approvals and orders."""
    return Subscriber(servers, intake=work.intake, rejections=link.rejections, orders=work.orders)
