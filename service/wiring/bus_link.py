"""The connection to NATS, and what one-shot verbs do over it: without the service that else stands behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nats.aio.client import Client

from adapters.bus import connection, streams
from adapters.bus.feed import VideoFeed
from adapters.bus.rejections import NatsRejections

BUS_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BusLink:
    """Connections to NATS and what is done over them; announcements have one to themselves."""

    client: Client
    feed_client: Client
    feed: VideoFeed
    rejections: NatsRejections
    replicas: int

    async def ensure(self) -> tuple[str, ...]:
        """Make streams and consumer where they are missing, and return what was made. Raises Unavailable, Refused."""
        return await streams.ensure(self.client.jetstream(timeout=BUS_SECONDS), replicas=self.replicas)

    async def waiting(self) -> int:
        """Return how many approvals nobody has stored yet. Raises Unavailable."""
        return await streams.waiting(self.client.jetstream(timeout=BUS_SECONDS))

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
        rejections=NatsRejections(client),
        replicas=replicas,
    )
