"""Metrics for Prometheus. No label takes a value that grows with the number of jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_1_0_0, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from domain.cost import total
from domain.events import Event, RenderAttemptFailed, RenderSettled, VideoCompleted
from domain.machine import Status
from domain.records import Append, Recorded
from service.jobs.event_store import EventStore

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_1_0_0
SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
STATUSES: Final = tuple(status.value for status in Status if status is not Status.NEW)


class Costs(Collector):
    """Costs as counters of exact sums: the counters of the library add floats."""

    def __init__(self) -> None:
        self._spent: dict[str, Decimal] = {}
        self._list_price = Decimal(0)

    def add(self, outcome: str, *amounts: Decimal) -> None:
        """Add USD that were spent."""
        self._spent[outcome] = total([self._spent.get(outcome, Decimal(0)), *amounts])

    def add_unbilled(self, amount: Decimal) -> None:
        """Add USD that a provider would have billed, and nobody did."""
        self._list_price = total([self._list_price, amount])

    def collect(self) -> Iterator[Metric]:
        """Yield the counters."""
        spent = CounterMetricFamily("reelwright_cost_usd", "USD spent by jobs, as it became known.", labels=["outcome"])
        for outcome, amount in self._spent.items():
            spent.add_metric([outcome], float(amount))
        yield spent
        text = "USD that completed jobs would have cost at list price, and that nobody was paid."
        yield CounterMetricFamily("reelwright_list_price_usd", text, value=float(self._list_price))


class Metrics:
    """The metrics of this process, in a registry of their own; jobs are counted over the whole installation."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self.jobs = Gauge("reelwright_jobs", "Jobs by status, as stored.", ["status"], registry=registry)
        self.events = Counter(
            "reelwright_events_appended", "Events stored by this process.", ["type"], registry=registry
        )
        self.append_seconds = Histogram(
            "reelwright_append_seconds", "Time until an append was durable.", buckets=SECONDS, registry=registry
        )
        self.requests = Counter(
            "reelwright_http_requests", "Answered requests.", ["method", "route", "status"], registry=registry
        )
        self.request_seconds = Histogram(
            "reelwright_http_request_seconds",
            "Time until an answer began.",
            ["route"],
            buckets=SECONDS,
            registry=registry,
        )
        self.outbox_seconds = Gauge(
            "reelwright_outbox_lag_seconds", "Age of the oldest event that waits to be announced.", registry=registry
        )
        self.approvals_waiting = Gauge(
            "reelwright_approvals_waiting", "Approvals in NATS that nobody has stored yet.", registry=registry
        )
        self.provider_requests = Counter(
            "reelwright_provider_requests", "Requests to the provider by status.", ["code"], registry=registry
        )
        self.broken_steps = Counter(
            "reelwright_broken_steps", "Steps of jobs that ended in an unexpected error.", ["step"], registry=registry
        )
        self.costs = Costs()
        registry.register(self.costs)
        self.streams = Gauge("reelwright_http_streams", "Live streams that are open.", registry=registry)

    def show_jobs(self, counts: Mapping[str, int] | None) -> None:
        """Set the jobs by status; None, when they cannot be read, removes the figures, which would be old."""
        if counts is None:
            self.jobs.clear()
            return
        for status in STATUSES:
            self.jobs.labels(status).set(counts.get(status, 0))

    def count_broken(self, step: str) -> None:
        """Count a step that ended in an unexpected error."""
        self.broken_steps.labels(step).inc()

    def count_cost(self, event: Event) -> None:
        """Add the cost that an event brings; a completed job brings that of its images and its last attempt."""
        match event:
            case RenderAttemptFailed():
                self.costs.add("failed", event.cost)
            case RenderSettled():
                self.costs.add("settled", event.cost)
            case VideoCompleted():
                last = max((part.attempt for part in event.attempt_costs), default=0)
                parts = (part.cost for part in event.attempt_costs if part.attempt == last)
                self.costs.add("completed", event.image_cost, *parts)
                self.costs.add_unbilled(event.list_price or Decimal(0))
            case _:
                return

    def text(self) -> bytes:
        """Return all metrics in the text format."""
        return generate_latest(self.registry)


class MeasuredStore:
    """An event store whose appends are counted and timed."""

    def __init__(self, store: EventStore, metrics: Metrics, *, monotonic: Callable[[], float]) -> None:
        self._store = store
        self._metrics = metrics
        self._monotonic = monotonic

    async def append(self, entry: Append) -> tuple[Recorded, ...]:
        """Append to the store, and count what it stored."""
        began = self._monotonic()
        recorded = await self._store.append(entry)
        self._metrics.append_seconds.observe(self._monotonic() - began)
        for item in recorded:
            self._metrics.events.labels(type(item.event).__name__).inc()
            self._metrics.count_cost(item.event)
        return recorded

    async def history(self, job_id: str, *, upto_version: int | None = None) -> tuple[Recorded, ...]:
        """Return the events of one job."""
        return await self._store.history(job_id, upto_version=upto_version)

    async def read(self, *, after: int, limit: int) -> Sequence[Recorded]:
        """Return the events behind a position."""
        return await self._store.read(after=after, limit=limit)
