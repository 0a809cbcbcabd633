"""What one row of the matrix runs in: real servers, worker processes, and the stored truth to look at."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import asyncpg
from nats.aio.client import Client

from tests.fixtures.nats import NatsServer
from tests.fixtures.postgres import PostgresServer
from tests.system.faults.bus import AWAY, announced_position, bus_client
from tests.system.faults.proxy import Proxy
from tests.system.paid_once.provider import Provider, approval_of
from tests.system.paid_once.worker import SHORT_TIMES
from tests.system.running import Service

LEASE_SECONDS = 2.0
CLAIM_SECONDS = 2.0
"""What the targets allow on top of a lease before a dead worker's jobs go on."""
LOOK_SECONDS = 0.03
PUBLISH_TRIES, PUBLISH_PAUSE_SECONDS = 50, 0.2
FINAL = ("completed", "failed", "cancelled")
DATABASE_PASSWORD = "a-database-password"
SECRETS = ("a-token-for-tests", DATABASE_PASSWORD)
CALM: dict[str, Any] = {"starting_seconds": 0.05, "render_seconds": 0.3, "video_seconds": 0.5}


class World:
    """Servers and workers of one row. `folder` is empty at the start; everything ends with `close`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stack = ExitStack()
        self.services: list[Service] = []
        self.approved: set[str] = set()
        self.may_fail: set[str] = set()
        self.provider: Provider | None = None
        self.bus: NatsServer | None = None
        self.postgres: PostgresServer | None = None
        self.nats_url = ""
        self.database_url = f"sqlite:///{folder / 'reelwright.db'}"
        self.worker_database_url = self.database_url
        self._connection: asyncpg.Connection | None = None

    def with_nats(self, **options: Any) -> NatsServer:
        self.bus = self.stack.enter_context(NatsServer(**options))
        self.nats_url = self.bus.url
        return self.bus

    def with_postgres(self, **settings: str) -> PostgresServer:
        self.postgres = self.stack.enter_context(PostgresServer(**settings))
        self.database_url = self.postgres.dsn().replace("postgres@", f"postgres:{DATABASE_PASSWORD}@")
        self.worker_database_url = self.database_url
        return self.postgres

    def with_provider(self, **faults: Any) -> Provider:
        self.provider = self.stack.enter_context(Provider(self.folder, **(CALM | faults)))
        return self.provider

    async def proxy_to(self, port: int, *, host: str = "127.0.0.1") -> Proxy:
        """Put a proxy before a server; it ends with this world."""
        proxy = await Proxy(port, host=host).start()
        self.stack.callback(proxy.refuse)
        return proxy

    def worker(self, name: str = "one", **settings: str) -> Service:
        """Make a process that is not started yet; all of them share bus, database and provider."""
        chosen = {**SHORT_TIMES, "REELWRIGHT_LEASE_SECONDS": str(LEASE_SECONDS), "REELWRIGHT_RENDERER": "noop"}
        if self.provider is not None:
            chosen |= self.provider.settings
        if self.nats_url:
            chosen["REELWRIGHT_NATS_URL"] = self.nats_url
        service = Service(
            self.folder / name, **(chosen | {"REELWRIGHT_DATABASE_URL": self.worker_database_url} | settings)
        )
        service.log_path = self.folder / f"{name}.log"
        self.services.append(service)
        return service

    async def workers(self, count: int, **settings: str) -> list[Service]:
        """Start that many workers and wait until they are ready."""
        made = [self.worker(f"worker-{number}", **settings) for number in range(1, count + 1)]
        await asyncio.gather(*(service.start() for service in made))
        return made

    async def approve(self, count: int, *, prefix: str = "job", scenes: int = 2) -> list[str]:
        """Publish approvals of that many new jobs over the bus itself, whatever the workers do."""
        first = len(self.approved)
        names = [f"{prefix}-{number}" for number in range(first, first + count)]
        async with bus_client(self.bus_url) as client:
            for name in names:
                body = json.dumps(approval_of(name, scenes=scenes)).encode()
                await _published(client, body, message_id=name)
        self.approved.update(names)
        return names

    @property
    def bus_url(self) -> str:
        """The bus itself, past every proxy; a cluster's addresses, or what the first service tells of its own."""
        return self.bus.url if self.bus is not None else self.nats_url or self.services[0].nats_url

    async def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Read from the database, past every proxy."""
        if self.database_url.startswith("sqlite"):
            path = self.database_url.removeprefix("sqlite:///")
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as file:
                return file.execute(statement).fetchall()
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(self.database_url, timeout=5)
        return [tuple(row) for row in await self._connection.fetch(statement, timeout=10)]

    async def statuses(self) -> dict[str, str]:
        return dict(await self._rows_or_none("SELECT job_id, status FROM jobs"))  # type: ignore[arg-type]

    async def owners(self) -> dict[str, int]:
        """Return the process that holds each leased job."""
        rows = await self._rows_or_none("SELECT job_id, owner FROM leases WHERE owner IS NOT NULL")
        return {job_id: process_of(owner) for job_id, owner in rows if not job_id.startswith("~")}

    async def announcer(self) -> int:
        """Return the process that announces."""
        ((owner,),) = await self.rows("SELECT owner FROM leases WHERE job_id = '~relay'")
        return process_of(owner)

    async def last_position(self) -> int:
        rows = await self._rows_or_none("SELECT max(position) FROM events")
        return int(rows[0][0] or 0) if rows else 0

    async def _rows_or_none(self, statement: str) -> Sequence[tuple[Any, ...]]:
        """Read nothing while the database is away or has no tables."""
        try:
            return await self.rows(statement)
        except (OSError, sqlite3.OperationalError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
            return []

    async def until(self, condition: Callable[[], Awaitable[Any]], what: str, *, seconds: float = 40.0) -> float:
        """Wait for the condition and return after how many seconds it came."""
        began = time.monotonic()
        while not await condition():
            if time.monotonic() - began > seconds:
                raise AssertionError(f"{what}: not within {seconds:g} s")
            await asyncio.sleep(LOOK_SECONDS)
        return time.monotonic() - began

    async def until_ended(self, jobs: Collection[str] | None = None, *, seconds: float = 60.0) -> float:
        """Wait for the end of these jobs, else of all."""
        wanted = self.approved if jobs is None else jobs

        async def ended() -> bool:
            statuses = await self.statuses()
            return all(statuses.get(job) in FINAL for job in wanted)

        return await self.until(ended, f"the end of {len(wanted)} jobs", seconds=seconds)

    async def until_in(self, status: str, jobs: Collection[str], *, seconds: float = 30.0) -> float:
        async def there() -> bool:
            statuses = await self.statuses()
            return all(statuses.get(job) == status for job in jobs)

        return await self.until(there, f"{len(jobs)} jobs {status}", seconds=seconds)

    async def until_created(self, jobs: Collection[str], *, seconds: float = 30.0) -> float:
        """Wait until the provider works on these jobs and the workers know it."""

        async def accepted() -> bool:
            rows = await self._rows_or_none("SELECT job_id FROM events WHERE type = 'RenderAccepted'")
            return set(jobs) <= {str(job_id) for (job_id,) in rows}

        return await self.until(accepted, "every render accepted", seconds=seconds)

    async def until_taken_from(self, service: Service, *, seconds: float = 30.0) -> float:
        """Wait until another process has every job that this one holds."""
        assert service.process is not None
        pid = service.process.pid
        held = {job for job, owner in (await self.owners()).items() if owner == pid}
        assert held, "it holds nothing: this fault would prove nothing"

        async def taken() -> bool:
            owners, statuses = await self.owners(), await self.statuses()
            return all(owners.get(job, pid) != pid or statuses.get(job) in FINAL for job in held)

        return await self.until(taken, "its jobs taken over", seconds=seconds)

    async def until_written(self, *, seconds: float = 30.0) -> float:
        """Wait until one more event is stored than now."""
        before = await self.last_position()

        async def more() -> bool:
            return await self.last_position() > before

        return await self.until(more, "a new event", seconds=seconds)

    async def until_announced(self, *, seconds: float = 30.0) -> float:
        """Wait until the newest event of the database is in the stream."""

        async def level() -> bool:
            return await announced_position(self.bus_url) >= await self.last_position() > 0

        return await self.until(level, "every event announced", seconds=seconds)

    def count_logged(self, event: str) -> int:
        """How often any worker logged this."""
        return sum(service.log_path.read_text(errors="replace").count(f'"{event}"') for service in self.services)

    def close(self) -> None:
        for service in self.services:
            service.kill()
        if self._connection is not None:
            self._connection.terminate()
        self.stack.close()


def process_of(owner: str) -> int:
    """Return the process id in a lease owner's name."""
    return int(owner.rsplit("-", 2)[1])


async def _published(client: Client, body: bytes, *, message_id: str) -> None:
    """Publish as a careful publisher does: again, under the same id, while the bus elects a leader or is away."""
    for _ in range(PUBLISH_TRIES):
        try:
            await client.jetstream().publish("storyboard.approved", body, headers={"Nats-Msg-Id": message_id})
        except AWAY:
            await asyncio.sleep(PUBLISH_PAUSE_SECONDS)
        else:
            return
    raise AssertionError(f"{message_id} could not be published")
