"""The connections to NATS, for the service and for verbs that work without one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from nats.aio.client import Client
from nats.js import JetStreamContext

from adapters.bus import connection, streams
from adapters.bus.announced import AnnouncedMessage, StreamSpan, read_announced, read_span
from adapters.bus.feed import VideoFeed
from adapters.bus.rejections import NatsRejections

BUS_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BusLink:
    """Two connections to NATS, one of them for announcements only, and what is done over them."""

    client: Client
    feed_client: Client
    feed: VideoFeed
    rejections: NatsRejections
    replicas: int

    @property
    def _jetstream(self) -> JetStreamContext:
        return self.client.jetstream(timeout=BUS_SECONDS)

    async def ensure(self) -> tuple[str, ...]:
        """Make missing streams and a missing consumer, and return what was made. Raises Unavailable, Refused."""
        return await streams.ensure(self._jetstream, replicas=self.replicas)

    async def waiting(self) -> int:
        """Return the number of approvals that are not stored yet. Raises Unavailable."""
        return await streams.waiting(self._jetstream)

    async def is_served(self) -> bool:
        """Tell whether somebody takes approvals. Raises Unavailable."""
        return await streams.is_served(self._jetstream)

    async def rewind(self) -> int:
        """Let every approval come again, and return how many there are. Raises Unavailable, Refused."""
        return await streams.rewind(self._jetstream, replicas=self.replicas)

    async def span(self) -> StreamSpan:
        """Return where the stream of announcements begins and ends. Raises Unavailable."""
        return await read_span(self._jetstream)

    def announced(self) -> AsyncIterator[Sequence[AnnouncedMessage]]:
        """Yield the announcements that the stream still holds, oldest first, in pages. Raises Unavailable."""
        return read_announced(self._jetstream)

    async def approve(self, payload: bytes, *, message_id: str) -> int:
        """Publish an approval and return its stream sequence; may be repeated. Raises Unavailable, Refused."""
        with connection.translated("publish the approval"):
            ack = await self._jetstream.publish(
                streams.APPROVED, payload, headers={"Nats-Msg-Id": message_id}, stream=streams.STORYBOARD
            )
        return ack.seq

    async def differences(self) -> Sequence[streams.Difference]:
        """Return every field of streams and consumer with a wrong value. Raises Unavailable."""
        return await streams.diff(self._jetstream, replicas=self.replicas)

    async def apply(self) -> Sequence[streams.Difference]:
        """Correct streams and consumer and return what was changed. Raises Unavailable, Refused."""
        return await streams.apply(self._jetstream, replicas=self.replicas)

    async def close(self) -> None:
        """Close both connections."""
        await connection.close(self.client)
        await connection.close(self.feed_client)


async def connect_bus(servers: Sequence[str], *, replicas: int, wait_seconds: float | None = None) -> BusLink:
    """Connect. Waits without limit for a server that is away, or `wait_seconds` and then raises Unavailable."""
    client = await connection.connect(servers, name="reelwright", wait_seconds=wait_seconds)
    feed_client = await connection.connect(servers, name="reelwright-relay", wait_seconds=wait_seconds)
    return BusLink(
        client=client,
        feed_client=feed_client,
        feed=VideoFeed(feed_client),
        rejections=NatsRejections(client),
        replicas=replicas,
    )
