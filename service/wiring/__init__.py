"""The one place that chooses concrete things: adapters are named in this package and nowhere else in the service.

A name is loaded with its module when it is first asked for: a verb that only reads the database waits for no renderer,
no HTTP interface and no bus.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adapters.clock import new_id, now
    from adapters.sql.load import Loaded
    from service.wiring.api import disk_check, make_api
    from service.wiring.bus import make_embedded, make_relay, make_subscriber
    from service.wiring.history import (
        back_up,
        export_history,
        load_history,
        make_ended_jobs,
        make_ledger,
        make_restores,
    )
    from service.wiring.link import BusLink, connect_bus
    from service.wiring.orders import make_orders
    from service.wiring.retention import make_retention
    from service.wiring.stores import Stores, make_stores, migrate, rebuild, verify, worker_name
    from service.wiring.tools import embedded_nats_url, find_nats_server, run_fake_provider
    from service.wiring.work import Work, make_work
else:
    _HOMES = {
        "adapters.clock": ("new_id", "now"),
        "adapters.sql.load": ("Loaded",),
        "service.wiring.api": ("disk_check", "make_api"),
        "service.wiring.bus": ("make_embedded", "make_relay", "make_subscriber"),
        "service.wiring.history": (
            "back_up",
            "export_history",
            "load_history",
            "make_ended_jobs",
            "make_ledger",
            "make_restores",
        ),
        "service.wiring.link": ("BusLink", "connect_bus"),
        "service.wiring.orders": ("make_orders",),
        "service.wiring.retention": ("make_retention",),
        "service.wiring.stores": ("Stores", "make_stores", "migrate", "rebuild", "verify", "worker_name"),
        "service.wiring.tools": ("embedded_nats_url", "find_nats_server", "run_fake_provider"),
        "service.wiring.work": ("Work", "make_work"),
    }

    def __getattr__(name: str) -> object:
        for home, names in _HOMES.items():
            if name in names:
                return getattr(import_module(home), name)
        raise AttributeError(f"the wiring has no {name}")


__all__ = [
    "BusLink",
    "Loaded",
    "Stores",
    "Work",
    "back_up",
    "connect_bus",
    "disk_check",
    "embedded_nats_url",
    "export_history",
    "find_nats_server",
    "load_history",
    "make_api",
    "make_embedded",
    "make_ended_jobs",
    "make_ledger",
    "make_orders",
    "make_relay",
    "make_restores",
    "make_retention",
    "make_stores",
    "make_subscriber",
    "make_work",
    "migrate",
    "new_id",
    "now",
    "rebuild",
    "run_fake_provider",
    "verify",
    "worker_name",
]
