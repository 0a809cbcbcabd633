"""Announcements as messages for the stream: each fenced and acknowledged by itself, or all of them one atomic batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

MESSAGE_ID_HEADER = "Nats-Msg-Id"
FEWEST_IN_A_BATCH = 16
"""A batch costs the server about 10 ms whatever its size, an acknowledged message about 1 ms: it pays from here on."""
MOST_IN_A_BATCH = 1000
"""What a server takes that was not told otherwise."""


class OutgoingMessage(Protocol):
    """What is to be published: one announcement."""

    @property
    def subject(self) -> str:
        """Where it is published."""

    @property
    def body(self) -> bytes:
        """What it says."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Its headers; MESSAGE_ID_HEADER is among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One message to send. `answer` is the number of the answer it asks for; None where it asks for none."""

    subject: str
    body: bytes
    headers: dict[str, str]
    answer: int | None


def one_by_one(
    announcements: Sequence[OutgoingMessage], *, stream: str, after: int, chained: bool
) -> Sequence[Envelope]:
    """Fence each message by the sequence it follows, and with `chained` by its predecessor in the window, too.

    The sequence alone is not enough: where a stranger's message came first, ours is refused, but the one behind it
    would find the sequence it expects and be stored without the one it follows.
    """
    envelopes = []
    for index, announcement in enumerate(announcements):
        headers = _fenced(announcement, stream, after + index)
        if chained and index:
            headers["Nats-Expected-Last-Msg-Id"] = announcements[index - 1].headers[MESSAGE_ID_HEADER]
        envelopes.append(_envelope(announcement, headers, answer=index))
    return envelopes


def one_batch(announcements: Sequence[OutgoingMessage], *, stream: str, after: int, name: str) -> Sequence[Envelope]:
    """Make them one batch that the server stores right after the sequence `after`, or not at all.

    `name` must be new and of at most 64 characters. The server wants the fence on the first message alone, and takes no
    predecessor. Opening and commit ask for the same answer: a batch that cannot be opened fails at once.
    """
    last = len(announcements) - 1
    envelopes = []
    for index, announcement in enumerate(announcements):
        headers = _fenced(announcement, stream, None if index else after)
        headers["Nats-Batch-Id"] = name
        headers["Nats-Batch-Sequence"] = str(index + 1)
        if index == last:
            headers["Nats-Batch-Commit"] = "1"
        envelopes.append(_envelope(announcement, headers, answer=0 if index in {0, last} else None))
    return envelopes


def _fenced(announcement: OutgoingMessage, stream: str, after: int | None) -> dict[str, str]:
    headers = {**announcement.headers, "Nats-Expected-Stream": stream}
    if after is not None:
        headers["Nats-Expected-Last-Sequence"] = str(after)
    return headers


def _envelope(announcement: OutgoingMessage, headers: dict[str, str], *, answer: int | None) -> Envelope:
    return Envelope(subject=announcement.subject, body=announcement.body, headers=headers, answer=answer)
