"""What changes jobs, put together: for a service, and for a verb that gives an order without one."""

from __future__ import annotations

from service.jobs.event_store import EventStore
from service.jobs.operations import JobOperations
from service.jobs.repository import JobRepository
from service.settings import Settings
from service.wiring.clock import CLOCK, new_id
from service.wiring.stores import Stores


def make_operations(settings: Settings, stores: Stores) -> JobOperations:
    """Make what gives orders to jobs, for a verb that works without a running service."""
    return operations_over(settings, repository_over(settings, stores.events))


def operations_over(settings: Settings, repository: JobRepository) -> JobOperations:
    """Make what gives orders through a ledger."""
    return JobOperations(repository, now=CLOCK.now, download_seconds=settings.download_deadline_seconds)


def repository_over(settings: Settings, events: EventStore) -> JobRepository:
    """Make the one way to change a job. Whoever reads an event of the renderer that stores nothing is told so."""
    metadata = {"renderer": "noop"} if settings.renderer == "noop" else {}
    return JobRepository(events, new_id=new_id, metadata=metadata)
