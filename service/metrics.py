"""Figures for Prometheus, in a registry of their own. No label takes a value that grows with the number of jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_1_0_0, generate_latest

from domain.machine import Status
from domain.ports import Append, EventStore, Recorded

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_1_0_0
SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
STATUSES: Final = tuple(status.value for status in Status if status is not Status.NEW)


class Metrics:
    """What this process counts. Events and requests are its own; jobs are those of the whole installation."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.jobs = Gauge("reelwright_jobs", "Jobs by status, as stored.", ["status"], registry=self.registry)
        self.events = Counter(
            "reelwright_events_appended", "Events stored by this process.", ["type"], registry=self.registry
        )
        self.append_seconds = Histogram(
            "reelwright_append_seconds", "Time until an append was durable.", buckets=SECONDS, registry=self.registry
        )
        self.requests = Counter(
            "reelwright_http_requests", "Answered requests.", ["method", "route", "status"], registry=self.registry
        )
        self.request_seconds = Histogram(
            "reelwright_http_request_seconds",
            "Time until an answer began.",
            ["route"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self.streams = Gauge("reelwright_http_streams", "Live streams that are open.", registry=self.registry)

    def show_jobs(self, counts: Mapping[str, int] | None) -> None:
        """Set the jobs by status; None, when they cannot be read, leaves the figure out rather than old."""
        if counts is None:
            self.jobs.clear()
            return
        for status in STATUSES:
            self.jobs.labels(status).set(counts.get(status, 0))

    def text(self) -> bytes:
        """Return all figures in the text format."""
        return generate_latest(self.registry)


class MeasuredStore:
    """An event store whose appends are counted and timed."""

    def __init__(self, store: EventStore, metrics: Metrics) -> None:
        self._store = store
        self._metrics = metrics

    async def append(self, entry: Append) -> tuple[Recorded, ...]:
        """Append as the store does, and count what it stored."""
        began = monotonic()
        recorded = await self._store.append(entry)
        self._metrics.append_seconds.observe(monotonic() - began)
        for item in recorded:
            self._metrics.events.labels(type(item.event).__name__).inc()
        return recorded

    async def history(self, job_id: str, *, upto_version: int | None = None) -> tuple[Recorded, ...]:
        """Read as the store does."""
        return await self._store.history(job_id, upto_version=upto_version)

    async def read(self, *, after: int, limit: int) -> Sequence[Recorded]:
        """Read as the store does."""
        return await self._store.read(after=after, limit=limit)
