"""What changes jobs, put together: for a service, and for a verb that gives an order without one."""

from __future__ import annotations

from adapters import clock
from domain.ports import EventStore
from service.ledger import Ledger
from service.orders import Orders
from service.settings import Settings
from service.wiring.stores import Stores


def make_orders(settings: Settings, stores: Stores) -> Orders:
    """Make what gives orders to jobs, for a verb that works without a running service."""
    return orders_over(settings, ledger_over(settings, stores.events))


def orders_over(settings: Settings, ledger: Ledger) -> Orders:
    """Make what gives orders through a ledger."""
    return Orders(ledger, now=clock.now, download_seconds=settings.download_deadline_seconds)


def ledger_over(settings: Settings, events: EventStore) -> Ledger:
    """Make the one way to change a job. Whoever reads an event of the renderer that stores nothing is told so."""
    metadata = {"renderer": "noop"} if settings.renderer == "noop" else {}
    return Ledger(events, new_id=clock.new_id, metadata=metadata)
