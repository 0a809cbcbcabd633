"""Publishes to storyboard.rejected, once for each message that was rejected."""

from __future__ import annotations

from nats.aio.client import Client
from nats.js.errors import NotFoundError

from adapters.bus.connection import translated
from adapters.bus.streams import REJECTED, STORYBOARD
from domain.errors import Unavailable

ACK_SECONDS = 5.0


class NatsRejections:
    """Waits for the PubAck: when `publish` returns, the rejection is stored."""

    def __init__(self, client: Client, *, ack_seconds: float = ACK_SECONDS) -> None:
        self._js = client.jetstream(timeout=ack_seconds)

    async def publish(self, body: bytes, *, stream_sequence: int) -> None:
        """Store the rejection of the message at `stream_sequence`; may be repeated. Raises Unavailable, Refused.

        An approval may have used the same message id: then it takes the second id, and in the end none.
        """
        with translated("record a rejection"):
            for message_id in (str(stream_sequence), f"rejected-{stream_sequence}", None):
                headers = {"content-type": "application/json"} | ({"Nats-Msg-Id": message_id} if message_id else {})
                ack = await self._js.publish(REJECTED, body, stream=STORYBOARD, headers=headers)
                if not ack.duplicate or await self._is_rejection(ack.seq):
                    return
        raise Unavailable("could not record a rejection: every name for it is taken")

    async def _is_rejection(self, sequence: int) -> bool:
        try:
            return (await self._js.get_msg(STORYBOARD, sequence)).subject == REJECTED
        except NotFoundError:
            return False
