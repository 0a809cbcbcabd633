"""What the routes need from the rest of the program, and the ports for it. `service/wiring/http.py` fills them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from service.clock import Clock
from service.jobs.event_store import EventStore
from service.jobs.listing import JobList
from service.jobs.operations import JobOperations
from service.log_readers.log_signal import LogSignal

HealthCheck = Callable[[], Awaitable[tuple[bool, str]]]
"""Returns whether a part of the service works, and why, in words."""


class Images(Protocol):
    """Images of scenes: fetched from the network, or uploaded to this service."""

    async def fetch(self, url: str) -> Path:
        """Return a local file with the image behind an http(s) or data URL, or `/api/images/{sha256}`; cached.

        Raises Refused (no image, a forbidden address, removed), Unavailable (try again).
        """

    async def keep(self, data: bytes) -> str:
        """Decode an image, store it and return its SHA-256 (hex). Raises Refused when it is no image."""

    def stored(self, sha256: str) -> Path | None:
        """Return the file of an uploaded image, None when there is none."""


class ServedVideos(Protocol):
    """Where the files of finished jobs are."""

    def path(self, job_id: str) -> Path:
        """Return the path of a job's video, whether it exists or not."""

    def thumbnail(self, job_id: str) -> Path:
        """Return the path of its thumbnail, whether it exists or not."""

    def removal(self, job_id: str) -> str | None:
        """Return when and why the files of a job were removed on purpose; None when they were not."""


class LeaseHolder(Protocol):
    """A process that holds leases."""

    @property
    def name(self) -> str:
        """Host, process and start time."""

    @property
    def jobs(self) -> int:
        """How many jobs it works on."""

    @property
    def announces(self) -> bool:
        """Whether its relay is the one that publishes."""


class Queue(Protocol):
    """The workers, and the jobs that wait for one. Every method raises Unavailable."""

    async def workers(self) -> Sequence[LeaseHolder]:
        """Return the processes that hold a lease."""

    async def ahead_of(self, job_id: str) -> int:
        """Return how many older jobs wait for a free worker, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What an idempotency key was first used for."""

    body_hash: str
    job_id: str


class Idempotency(Protocol):
    """The request to which each Idempotency-Key belongs."""

    async def claim(self, key: str, *, body_hash: str, job_id: str) -> Claim:
        """Store a claim unless the key has one, and return the stored one. Raises Unavailable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies:
    """Everything the routes use. When `stopping` is set, open streams end and the server can close.

    A check of `checks` that fails makes the service not ready. Without the provider it still takes approvals.
    """

    operations: JobOperations
    store: EventStore
    jobs: JobList
    images: Images
    videos: ServedVideos
    idempotency: Idempotency
    log_signal: LogSignal
    queue: Queue
    checks: Mapping[str, HealthCheck]
    provider: HealthCheck
    clock: Clock
    new_id: Callable[[], str]
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
