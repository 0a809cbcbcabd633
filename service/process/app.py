"""One running service: which parts start, in which order, and how they stop."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import structlog
import uvicorn

from domain.errors import Unavailable
from service.http.dependencies import HealthCheck
from service.log_readers.log_signal import LogSignal
from service.process import data_dir
from service.process.address import local_url, remove_address, write_address
from service.process.bus import Bus
from service.settings import ConfigurationError, Settings
from service.wiring.bus import make_embedded
from service.wiring.clock import CLOCK
from service.wiring.http import disk_health, make_api
from service.wiring.retention import make_retention
from service.wiring.stores import make_stores
from service.wiring.worker import make_worker

log = structlog.get_logger()

ALL_ROLES = frozenset({"worker", "api", "relay"})
START_AGAIN_SECONDS = 0.25
SWITCH_SECONDS = 0.0005
"""How long a thread may hold the interpreter lock while another waits: the database thread needs it for each row."""
BACKLOG = 512


class App:
    """The parts of one process. `run` returns after a signal, and raises when a part fails."""

    def __init__(self, settings: Settings, *, roles: frozenset[str]) -> None:
        data_dir.prepare(settings.data_dir)
        self._settings = settings
        self._roles = roles
        self._stop = asyncio.Event()
        self._database_problem: str | None = "not connected yet"
        self._stores = make_stores(settings)
        self._worker = make_worker(settings, self._stores)
        self._log_signal = LogSignal(self._stores.jobs.last_position)
        self._bus = Bus(settings, self._stores, self._worker, log_signal=self._log_signal, roles=roles, clock=CLOCK)
        self._embedded = None if settings.nats_servers else make_embedded(settings)
        self._server: HttpServer | None = None
        self._http_url = ""

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT, then stop within 5 s: take no new work, release the leases."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        socket_ = self._bind()
        try:
            async with asyncio.TaskGroup() as group:
                http = group.create_task(self._serve_http(socket_))
                work = group.create_task(self._work())
                await self._stop.wait()
                log.info("service_stopping")
                await self._stop_work(work)
                if self._server is not None:
                    self._server.should_exit = True
                await http
        finally:
            await self._close()

    async def database_health(self) -> tuple[bool, str]:
        """Return whether events can be stored, and if not, why."""
        if self._database_problem is not None:
            return False, self._database_problem
        try:
            position = await self._stores.jobs.last_position()
        except Unavailable as error:
            return False, str(error)
        return True, f"{position} events"

    def _bind(self) -> socket.socket | None:
        if "api" not in self._roles:
            return None
        host, port = self._settings.http_host, self._settings.http_port
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            socket_ = socket.create_server((host, port), family=family, backlog=BACKLOG)
        except OSError as error:
            raise ConfigurationError(
                f"Cannot listen on {host}:{port}: {error.strerror}. "
                "Set REELWRIGHT_HTTP_PORT to another port, or to 0 for a free one."
            ) from error
        socket_.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._http_url = local_url(host, socket_.getsockname()[1])
        return socket_

    async def _serve_http(self, socket_: socket.socket | None) -> None:
        if socket_ is None:
            return
        app = make_api(
            self._settings,
            self._stores,
            self._worker,
            log_signal=self._log_signal,
            checks=self._checks(),
            stopping=self._stop,
        )
        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="on", timeout_graceful_shutdown=1)
        self._server = HttpServer(config)
        log.info("service_listening", url=self._http_url)
        await self._server.serve(sockets=[socket_])

    def _checks(self) -> dict[str, HealthCheck]:
        checks: dict[str, HealthCheck] = {
            "database": self.database_health,
            "disk": partial(disk_health, self._settings),
        }
        if self._roles & {"worker", "relay"}:
            checks["nats"] = self._bus.health
        return checks

    async def _work(self) -> None:
        servers = self._settings.nats_servers if self._embedded is None else [await self._embedded.start()]
        write_address(self._settings.data_dir, http_url=self._http_url, nats_servers=servers)
        await self._wait_for_database()
        if "worker" in self._roles:
            await self._worker.renderers.chosen.check()
            await self._say_who_waits()
        self._stores.events.on_commit(self._log_signal.notify)
        async with asyncio.TaskGroup() as group:
            if self._embedded is not None:
                group.create_task(self._embedded.wait())
            group.create_task(self._bus.run(servers))
            if "worker" in self._roles:
                group.create_task(self._worker.runner.run())
                if (retention := make_retention(self._settings, self._stores)) is not None:
                    group.create_task(retention.run())

    async def _say_who_waits(self) -> None:
        """Say how many renders belong to a renderer that is not configured here."""
        missing = self._worker.renderers.missing(await self._stores.renders.open_requests())
        for reason, renders in missing.items():
            log.warning("renders_wait_for_their_renderer", renders=renders, reason=reason)

    async def _wait_for_database(self) -> None:
        """Wait until the database is there, without a time limit. Raises Refused for one that cannot be used."""
        while True:
            try:
                await self._stores.prepare()
            except Unavailable as error:
                if self._database_problem != str(error):
                    log.warning("database_away", reason=str(error))
                self._database_problem = str(error)
                await asyncio.sleep(START_AGAIN_SECONDS)
            else:
                self._database_problem = None
                log.info("database_ready", database=self._stores.db.name)
                return

    async def _stop_work(self, work: asyncio.Task[None]) -> None:
        await asyncio.gather(self._bus.stop_intake(), self._worker.runner.leave())
        await self._bus.flush()
        work.cancel()
        await asyncio.wait({work})
        await self._bus.step_down()

    async def _close(self) -> None:
        remove_address(self._settings.data_dir)
        await self._bus.close()
        await self._worker.close()
        await self._stores.close()
        if self._embedded is not None:
            await self._embedded.stop()
        log.info("service_stopped")


class HttpServer(uvicorn.Server):
    """Uvicorn without signal handlers of its own: the service has them."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Install no signal handlers."""
        yield


async def serve(settings: Settings, *, roles: frozenset[str]) -> None:
    """Run the service until a signal."""
    sys.setswitchinterval(SWITCH_SECONDS)
    await App(settings, roles=roles).run()
