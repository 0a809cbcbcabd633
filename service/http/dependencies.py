"""What the routes need from the rest of the program, by name; `wiring.py` brings it together."""

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
"""Tells whether a part works, and in words how it is."""


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


class ServedVideos(Protocol):
    """Where the files of finished jobs are."""

    def path(self, job_id: str) -> Path:
        """Return where the video of a job is, or will be."""

    def thumbnail(self, job_id: str) -> Path:
        """Return where its thumbnail is, or will be."""

    def removal(self, job_id: str) -> str | None:
        """Say when and why the files of a job were removed; None where nobody removed them on purpose."""


class LeaseHolder(Protocol):
    """A process that holds leases."""

    @property
    def name(self) -> str:
        """Host, process and start, so that a person finds it."""

    @property
    def jobs(self) -> int:
        """How many jobs it has in hand."""

    @property
    def announces(self) -> bool:
        """Whether its relay is the one that publishes."""


class Queue(Protocol):
    """Who works and who waits. Every method raises Unavailable."""

    async def workers(self) -> Sequence[LeaseHolder]:
        """Return the processes that hold a lease now."""

    async def ahead_of(self, job_id: str) -> int:
        """Return how many older jobs also wait for a free worker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What an idempotency key was first used for."""

    body_hash: str
    job_id: str


class Idempotency(Protocol):
    """Which request each Idempotency-Key belongs to."""

    async def claim(self, key: str, *, body_hash: str, job_id: str) -> Claim:
        """Store the claim unless there is one; return the one that counts. Raises Unavailable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies:
    """Everything the routes use. When `stopping` is set, open streams end and the server can close.

    Without what is in `checks` the service is not ready; without the provider it takes approvals and lets them wait.
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
