"""Announcements as messages for the stream: each fenced and acknowledged on its own, or all in one atomic batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

MESSAGE_ID_HEADER = "Nats-Msg-Id"
FEWEST_IN_A_BATCH = 16
"""A batch costs the server about 10 ms of any size, an acknowledged message about 1 ms: it is worth it from here on."""
MOST_IN_A_BATCH = 1000
"""The server's default limit."""


class OutgoingMessage(Protocol):
    """One announcement, to be published."""

    @property
    def subject(self) -> str:
        """Its subject."""

    @property
    def body(self) -> bytes:
        """Its body."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Its headers; MESSAGE_ID_HEADER is among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One message to send. `answer` is the number of the ack that it asks for; None where it asks for none."""

    subject: str
    body: bytes
    headers: dict[str, str]
    answer: int | None


def one_by_one(
    announcements: Sequence[OutgoingMessage], *, stream: str, after: int, chained: bool
) -> Sequence[Envelope]:
    """Fence each message by the sequence it follows, and with `chained` also by the message before it.

    The sequence alone is not enough: where another publisher's message came first, ours is refused, but the next one
    would find the sequence it expects and be stored without the one before it.
    """
    envelopes = []
    for index, announcement in enumerate(announcements):
        headers = {"Nats-Expected-Stream": stream, "Nats-Expected-Last-Sequence": str(after + index)}
        if chained and index:
            headers["Nats-Expected-Last-Msg-Id"] = announcements[index - 1].headers[MESSAGE_ID_HEADER]
        envelopes.append(_envelope(announcement, headers, answer=index))
    return envelopes


def one_batch(announcements: Sequence[OutgoingMessage], *, stream: str, after: int, name: str) -> Sequence[Envelope]:
    """Make one batch of them, which the server stores right after the sequence `after`, or not at all.

    `name` must be new and have at most 64 characters. Only the first message may be fenced. Its ack and that of the
    commit have the same number: a batch that cannot be opened fails at once.
    """
    last = len(announcements) - 1
    envelopes = []
    for index, announcement in enumerate(announcements):
        headers = {"Nats-Expected-Stream": stream}
        if not index:
            headers["Nats-Expected-Last-Sequence"] = str(after)
        headers["Nats-Batch-Id"] = name
        headers["Nats-Batch-Sequence"] = str(index + 1)
        if index == last:
            headers["Nats-Batch-Commit"] = "1"
        envelopes.append(_envelope(announcement, headers, answer=0 if index in {0, last} else None))
    return envelopes


def _envelope(announcement: OutgoingMessage, headers: dict[str, str], *, answer: int | None) -> Envelope:
    headers = {**announcement.headers, **headers}
    return Envelope(subject=announcement.subject, body=announcement.body, headers=headers, answer=answer)
