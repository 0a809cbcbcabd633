"""What the domain asks of the world outside, as protocols. Their errors are drawn in `errors.py`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from domain.events import Event
from domain.job import Job
from domain.storyboard import OutputWishes, Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to work on a job. An append under it holds only while (owner, epoch) is still in the table."""

    job_id: str
    owner: str
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event on its way into the store; the same `event_id` may be appended again without effect."""

    event_id: str
    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An event as it is stored. `position` counts all events from 1 without gaps, `version` those of the job."""

    position: int
    job_id: str
    version: int
    event_id: str
    event: Event
    recorded_at: datetime
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Append:
    """One all-or-nothing write: `events` follow version `job.version - len(events)` and make it `job`.

    With `lease` the write holds only under that lease; with `release` it gives the lease back in the same transaction.
    """

    job: Job
    events: tuple[NewEvent, ...]
    lease: Lease | None = None
    release: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)


class EventStore(Protocol):
    """The truth: every event of every job, in one order."""

    async def append(self, entry: Append) -> tuple[Recorded, ...]:
        """Commit the events and the read model together.

        The same event ids and contents again: success, with the old positions.
        Raises VersionConflict, Fenced, Unavailable.
        """

    async def history(self, job_id: str, *, upto_version: int | None = None) -> tuple[Recorded, ...]:
        """Return the events of one job, oldest first; of an unknown job none."""

    async def read(self, *, after: int, limit: int) -> Sequence[Recorded]:
        """Return up to `limit` events with a position above `after`, in order."""


class Leases(Protocol):
    """Who works on what."""

    async def claim(self, limit: int) -> Sequence[Lease]:
        """Take up to `limit` jobs that are due and free, or whose worker is dead; oldest first."""

    async def renew(self, leases: Sequence[Lease]) -> Sequence[Lease]:
        """Show that they are in use; return those that are still ours."""

    async def release(self, leases: Sequence[Lease]) -> None:
        """Give them back; one that is no longer ours is left alone."""

    async def holds(self, lease: Lease) -> bool:
        """Tell whether the lease is still ours, as the database sees it now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderRequest:
    """What is to be rendered. `scene` is None for the whole storyboard, else the one `scene_number` to render."""

    job_id: str
    token: str
    scenes: tuple[Scene, ...]
    output: OutputWishes
    deadline: datetime
    scene: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """Still rendering. `percent` is 0-100 of the render alone; None where nobody knows."""

    percent: int | None = None
    scenes_completed: int = 0
    current_scene: int | None = None
    estimated_completion_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeeded:
    """Rendered. `billed_seconds` is the provider's own figure, where it has one."""

    output_url: str
    duration_seconds: float | None = None
    billed_seconds: float | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """Ended without a video. `permanent`: another attempt would fail in the same way."""

    reason: str
    permanent: bool = False
    billed_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """Ended because it was cancelled."""

    billed_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A local render whose process is gone: nothing is paid, it may be submitted again under the same token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """It succeeded and is paid, and the provider has removed its output since: nothing is left to download."""

    billed_seconds: float | None = None


RenderProgress = Running | Succeeded | Forgotten | Failed | Cancelled | Lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Ids in the provider's list: `same` have our input, oldest first; of `unclear` nobody can ever tell any more."""

    same: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()


class Renderer(Protocol):
    """Somebody who makes videos: a provider, or this machine."""

    @property
    def name(self) -> str:
        """Which renderer this is, as the settings call it."""

    @property
    def model(self) -> str | None:
        """Which of the provider's models renders."""

    @property
    def bills(self) -> bool:
        """Whether a create costs money, so that an open request must be reconciled before it is sent again."""

    async def check(self) -> None:
        """Hold the configuration against what the provider says of itself; where it says nothing, only warn.

        Raises Refused for a configuration that can never render.
        """

    async def prepare(self, request: RenderRequest) -> None:
        """Bring large images to where the renderer can reach them. Creates nothing; may be repeated.

        Comes before the request is committed, so that nothing slow lies between the commit and the create.
        Raises Unavailable, Refused (also for an order that this renderer can never fulfil).
        """

    def request_hash(self, request: RenderRequest) -> str:
        """Name what would be sent: equal for equal input, for a local renderer also by token."""

    def seconds_sent(self, request: RenderRequest) -> float | None:
        """Return the length of video that is asked for; None where the renderer takes none."""

    async def submit(self, request: RenderRequest) -> str:
        """Start the render and return its id.

        Raises Unavailable (nothing was created), OutcomeUnknown (look before trying again), Refused (never will).
        """

    async def follow(self, render_id: str) -> RenderProgress:
        """Return how far it is, or how it ended. May be repeated for ever.

        Raises Unavailable, NotFound (it is not shown: not yet, or not any more).
        """

    async def cancel(self, render_id: str) -> None:
        """Ask for an end; one that has ended is left alone. Raises Unavailable."""

    async def close(self) -> None:
        """End what runs in this process and close connections."""

    async def find(self, request: RenderRequest, *, since: datetime) -> Found:
        """Return all renders of the same model and input created after `since`, by our clock.

        Whose they are the caller knows. Raises Unavailable when not all of the list could be read.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredVideo:
    """A file that was validated and is in its place."""

    size_bytes: int
    sha256: str
    duration_seconds: float
    width: int
    height: int
    codec: str


class Images(Protocol):
    """Images of scenes: fetched from outside under guard, or uploaded to the service before."""

    async def fetch(self, url: str) -> Path:
        """Return a local file with the image behind an http(s) or data URL, or `/api/images/{sha256}`; cached.

        Raises Refused (no image, a forbidden address, gone for ever), Unavailable (try again).
        """

    async def keep(self, data: bytes) -> str:
        """Decode the image, store it and return its SHA-256 (hex). Raises Refused when it is none."""

    def stored(self, sha256: str) -> Path | None:
        """Return the file of an uploaded image."""


class VideoStore(Protocol):
    """Where finished videos are kept: `videos/{job_id}/final.mp4` and a thumbnail beside it."""

    def path(self, job_id: str) -> Path:
        """Return where the video of a job is, or will be."""

    async def fetch(self, job_id: str, url: str, *, epoch: int) -> Path:
        """Bring the output to a part file beside the final place and return that file.

        The part's name carries the lease's epoch, so that two workers never write one file. May be repeated: a part
        that is there is gone on with. Raises Unavailable (try again), Refused (never will).
        """

    async def keep(self, job_id: str, part: Path, *, url: str, confirm: Callable[[], Awaitable[None]]) -> StoredVideo:
        """Validate what was fetched from `url`, flush it, make the thumbnail and rename; the part is gone afterwards.

        `confirm` is awaited right before the rename: a worker that lost its lease raises there.

        Raises Refused (`Downloaded file is empty`, `Not a valid video: …`), Unavailable (the disk is full).
        """

    async def sweep(self, job_id: str) -> None:
        """Remove what unfinished attempts left behind, for a job that has ended."""

    async def inspect(self, job_id: str, *, url: str | None = None) -> StoredVideo | None:
        """Validate and hash the file in its place, however it came there; None when there is none or it is bad.

        With `url`, only a file that was kept from there counts: an older render's video may still be in the place.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """One message for the stream. `part` is 0 for the news of an event, 1 for the final one that follows it."""

    position: int
    part: int
    subject: str
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEnd:
    """Where the stream ends: its last sequence, and the (position, part) of its last message if there still is one."""

    sequence: int
    cursor: tuple[int, int] | None
    event_id: str | None = field(default=None, compare=False)
    """The event that the last message announces, where it can be told: a position may be used again by another."""


class Feed(Protocol):
    """The stream that announces events: this installation is its only writer."""

    async def end(self) -> FeedEnd:
        """Read the stream's last message. Raises Unavailable."""

    async def publish(self, window: Sequence[Announcement], *, expected_sequence: int) -> int:
        """Publish in order, each only right after the one before; return the stream's new last sequence.

        Raises VersionConflict when another writer was there (read `end` again), Unavailable when the server is away:
        a part of the window may have been stored then.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """How far the relay has announced: a position of the event table and the stream's sequence at that moment."""

    position: int = 0
    sequence: int = 0


class Checkpoints(Protocol):
    """Where readers of the event table remember how far they are; never rebuilt."""

    async def load(self, name: str) -> Checkpoint:
        """Return the checkpoint, zero when there is none."""

    async def save(self, name: str, checkpoint: Checkpoint) -> None:
        """Store it, whatever was there before."""
