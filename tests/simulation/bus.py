"""The stream VIDEO in memory, and a process's way to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from adapters.bus.feed import StreamEnd
from domain.errors import Unavailable, VersionConflict
from service.log_readers.announcements import Announcement
from tests.simulation.wire import Wire


@dataclass(slots=True)
class Stream:
    """The messages of one installation, oldest first."""

    messages: list[Announcement] = field(default_factory=list)
    is_away: bool = False
    cuts_windows: bool = False
    """Whether the next window is stored in part, and its answer lost."""


class SimulatedFeed:
    """The port `Feed` of one process."""

    def __init__(self, stream: Stream, wire: Wire) -> None:
        self._stream, self._wire = stream, wire

    async def end(self) -> StreamEnd:
        """Read the stream's last message. Raises Unavailable."""
        return await self._wire.ask(self._end)

    async def publish(self, window: Sequence[Announcement], *, expected_sequence: int) -> int:
        """Publish in order behind the expected sequence. Raises VersionConflict, Unavailable."""
        return await self._wire.exchange(lambda: self._publish(window, expected_sequence))

    def _end(self) -> StreamEnd:
        self._check()
        messages = self._stream.messages
        if not messages:
            return StreamEnd(sequence=0, cursor=None)
        last = messages[-1]
        event_id = last.headers["Nats-Msg-Id"].partition("/")[0]
        return StreamEnd(sequence=len(messages), cursor=(last.position, last.part), event_id=event_id)

    def _publish(self, window: Sequence[Announcement], expected_sequence: int) -> int:
        self._check()
        messages = self._stream.messages
        if len(messages) != expected_sequence:
            raise VersionConflict(f"the stream is at {len(messages)}, not at {expected_sequence}")
        if self._stream.cuts_windows:
            self._stream.cuts_windows = False
            messages.extend(window[: (len(window) + 1) // 2])
            raise Unavailable("the stream did not acknowledge in time")
        messages.extend(window)
        return len(messages)

    def _check(self) -> None:
        if self._stream.is_away:
            raise Unavailable("the connection to NATS is lost")
