"""The one place that chooses concrete things: adapters are named in this package and nowhere else in the service."""

from adapters.bus.nats_process import find_server as find_nats_server
from adapters.clock import new_id, now
from service.wiring.api import disk_check, make_api
from service.wiring.bus import BusLink, connect_bus, make_embedded, make_relay, make_subscriber
from service.wiring.stores import Stores, make_stores, migrate, rebuild, verify, worker_name
from service.wiring.tools import run_fake_provider
from service.wiring.work import Work, make_orders, make_work

__all__ = [
    "BusLink",
    "Stores",
    "Work",
    "connect_bus",
    "disk_check",
    "find_nats_server",
    "make_api",
    "make_embedded",
    "make_orders",
    "make_relay",
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
