"""A store in memory, lives of jobs, and a reader of the stream: what the tests of announcing share."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
from nats.aio.client import Client
from nats.js.api import AckPolicy, ConsumerConfig

from adapters.sql.work.checkpoints import StoredCheckpoint
from domain import events as e
from domain.records import Append, Recorded
from domain.storyboard import OutputWishes, Scene

START = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
SCENES = tuple(Scene(scene_number=n, image_url=f"https://images.example/{n}.png") for n in (1, 2))


class MemoryStore:
    """Events in one list; positions and versions as the real store gives them."""

    def __init__(self) -> None:
        self.events: list[Recorded] = []

    def record(self, job_id: str, *events: e.Event, at: datetime = START, **metadata: str) -> list[Recorded]:
        version = next((recorded.version for recorded in reversed(self.events) if recorded.job_id == job_id), 0)
        new = [
            Recorded(
                position=len(self.events) + number,
                job_id=job_id,
                version=version + number,
                event_id=f"event-{len(self.events) + number}",
                event=event,
                recorded_at=at,
                metadata=metadata,
            )
            for number, event in enumerate(events, start=1)
        ]
        self.events += new
        return new

    async def append(self, entry: Append) -> tuple[Recorded, ...]:
        new = self.record(entry.job.job_id, *(one.event for one in entry.events), **entry.metadata)
        return tuple(new)

    async def history(self, job_id: str, *, upto_version: int | None = None) -> tuple[Recorded, ...]:
        return tuple(
            recorded
            for recorded in self.events
            if recorded.job_id == job_id and (upto_version is None or recorded.version <= upto_version)
        )

    async def read(self, *, after: int, limit: int) -> Sequence[Recorded]:
        return self.events[after : after + limit]


@dataclass
class MemoryCheckpoints:
    kept: dict[str, StoredCheckpoint] = field(default_factory=dict)

    async def load(self, name: str) -> StoredCheckpoint:
        return self.kept.get(name, StoredCheckpoint())

    async def save(self, name: str, *, position: int, sequence: int = 0) -> None:
        self.kept[name] = StoredCheckpoint(position=position, sequence=sequence)


def approved() -> e.Event:
    return e.StoryboardApproved(
        storyboard=SCENES, output=OutputWishes(), storyboard_hash="a" * 64, estimated_cost=Decimal("2.5")
    )


def requested(attempt: int = 1) -> e.Event:
    return e.RenderRequested(
        attempt=attempt,
        token=f"token-{attempt}",
        renderer="slideshow",
        model=None,
        request_hash="b" * 64,
        deadline=START + timedelta(minutes=10),
        image_cost=Decimal("0.006"),
    )


def succeeded() -> e.Event:
    return e.RenderSucceeded(
        attempt=1,
        output_url="https://videos.example/1.mp4",
        duration_seconds=6.0,
        expires_at=None,
        download_until=START + timedelta(hours=1),
        cost=Decimal("0.6"),
        basis="measured_duration",
    )


def completed() -> e.Event:
    return e.VideoCompleted(
        video_url="/api/videos/123/data",
        size_bytes=2048,
        sha256="c" * 64,
        duration_seconds=6.0,
        width=1280,
        height=720,
        codec="h264",
        actual_cost=Decimal("0.61"),
        image_cost=Decimal("0.006"),
        attempt_costs=(e.AttemptCost(attempt=1, cost=Decimal("0.6"), basis="measured_duration"),),
    )


def life() -> list[e.Event]:
    """A job from its approval to its video: 7 events, 8 messages."""
    return [
        approved(),
        requested(),
        e.RenderAccepted(attempt=1, render_id="render-1"),
        e.RenderProgressed(percent=40, scenes_completed=1, current_scene=2, estimated_completion_seconds=95),
        succeeded(),
        e.VideoStored(size_bytes=2048, sha256="c" * 64, duration_seconds=6.0),
        completed(),
    ]


def fill(store: MemoryStore, jobs: int, *, first: int = 1, at: datetime = START) -> None:
    """Record whole lives, eight jobs side by side."""
    for group in range(first, first + jobs, 8):
        names = [f"job-{number}" for number in range(group, min(group + 8, first + jobs))]
        for events in zip(*(life() for _ in names), strict=True):
            for name, event in zip(names, events, strict=True):
                store.record(name, event, at=at)


class BusyStore(MemoryStore):
    """While it is `busy`, whoever reads finds all that was asked for and as much behind it.

    A relay is never through then, however fast it is: what a test does to it happens in the middle of its work.
    """

    busy = True

    def grow(self, jobs: int) -> None:
        """Record whole lives of new jobs, all that is ever in it."""
        fill(self, jobs, first=len(self.events) // len(life()) + 1)

    async def read(self, *, after: int, limit: int) -> Sequence[Recorded]:
        while self.busy and len(self.events) < after + 2 * limit:
            self.grow(8)
        return await super().read(after=after, limit=limit)


@dataclass(frozen=True)
class Message:
    subject: str
    body: dict[str, object]
    headers: dict[str, str]

    @property
    def cursor(self) -> str:
        return self.headers["Reelwright-Cursor"]


def expected_cursors(store: MemoryStore, *, after: int = 0) -> list[str]:
    """What a reader must find: each event once, a final one twice, in order."""
    parts = [
        (recorded.position, part)
        for recorded in store.events[after:]
        for part in ((0, 1) if type(recorded.event).__name__ in e.FINAL_EVENTS else (0,))
    ]
    return [f"{position}/{part}" for position, part in parts]


async def read_stream(client: Client, stream: str = "VIDEO") -> list[Message]:
    """Everything the stream holds, oldest first."""
    js = client.jetstream()
    waiting = (await js.stream_info(stream)).state.messages
    config = ConsumerConfig(ack_policy=AckPolicy.NONE, inactive_threshold=30)
    subscription = await js.pull_subscribe(">", stream=stream, config=config)
    found: list[Message] = []
    while len(found) < waiting:
        batch = await subscription.fetch(min(256, waiting - len(found)), timeout=10)
        found += [Message(one.subject, msgspec.json.decode(one.data), dict(one.headers or {})) for one in batch]
    await subscription.unsubscribe()
    return found


async def until(condition: Callable[[], object], *, seconds: float = 20.0) -> None:
    """Wait for it, with a limit; an awaitable condition is awaited."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if asyncio.iscoroutine(result):
            result = await result
        if result:
            return
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {condition}")
        await asyncio.sleep(0.02)
