"""Events per second through the whole append, against the raw driver that commits every event by itself."""

from __future__ import annotations

import asyncio
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import uvloop

from adapters.sql.database import Database
from adapters.sql.history.verify import verify
from adapters.sql.log.event_store import SqlEventStore
from adapters.sql.schema import migrate
from domain.records import Append
from service.process.app import SWITCH_SECONDS
from tests.adapters.sql.drives import Drive, approved, new_id, progressed, requested
from tests.fixtures.postgres import PostgresServer, binaries

RAW_SECONDS = 2.0
ROUNDS = 5
EVENTS_BY_CALLERS = {1: 1500, 16: 12_000, 256: 12_000}
PGBENCH_CLIENTS = 16
DATA = (
    '{"percent":35,"scenes_completed":2,"current_scene":3,"estimated_completion_seconds":95,"note":"' + "x" * 100 + '"}'
)
RAW_TABLE = """CREATE TABLE raw_events(position {key}, job_id text NOT NULL, version bigint NOT NULL,
    event_id text NOT NULL UNIQUE, type text NOT NULL, schema_version bigint NOT NULL, data {json} NOT NULL,
    metadata {json} NOT NULL, recorded_at text NOT NULL, UNIQUE(job_id, version))"""
RAW_INSERT = """INSERT INTO raw_events(job_id, version, event_id, type, schema_version, data, metadata, recorded_at)
    VALUES ({values})"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Events per second of one case; `ratio` is against the raw driver of the same run."""

    case: str
    per_second: float
    latency_ms_p50: float | None = None
    ratio: float | None = None


def raw_sqlite(folder: Path) -> Figure:
    """One connection, one writer, synchronous=FULL, a commit for each event: what a careful program without us does."""
    connection = sqlite3.connect(folder / "raw.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("DROP TABLE IF EXISTS raw_events")
    connection.execute(RAW_TABLE.format(key="INTEGER PRIMARY KEY", json="text"))
    insert = RAW_INSERT.format(values=", ".join("?" * 8))
    count, begin = 0, time.perf_counter()
    while time.perf_counter() - begin < RAW_SECONDS:
        count += 1
        row = ("job-1", count, new_id(), "RenderProgressed", 1, DATA, "{}", datetime.now(UTC).isoformat())
        connection.execute(insert, row)
    taken = time.perf_counter() - begin
    connection.close()
    return Figure(case="raw sqlite3, one writer", per_second=count / taken)


async def raw_postgres(server: PostgresServer) -> Figure:
    """`pgbench` with 16 clients, prepared statements and a commit for each event."""
    connection = await asyncpg.connect(server.dsn())
    await connection.execute("DROP TABLE IF EXISTS raw_events")
    await connection.execute(RAW_TABLE.format(key="bigserial PRIMARY KEY", json="json"))
    await connection.close()
    values = (
        "'job-' || :client_id, nextval('raw_events_position_seq'), gen_random_uuid()::text, "
        f"'RenderProgressed', 1, '{DATA}'::json, '{{}}'::json, now()::text"
    )
    script = server.folder / "insert.sql"
    script.write_text(RAW_INSERT.format(values=values.replace('":', '" :')) + ";\n")
    arguments = ["-n", "-M", "prepared", "-c", str(PGBENCH_CLIENTS), "-j", "2", "-T", str(round(RAW_SECONDS)), "-f"]
    place = ["-h", "127.0.0.1", "-p", str(server.port), "-U", "postgres", "postgres"]
    command = [str(binaries() / "pgbench"), *arguments, str(script), *place]
    ran = await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True, text=True)
    found = re.search(r"tps = ([\d.]+)", ran.stdout)
    assert found, ran.stdout + ran.stderr
    return Figure(case=f"pgbench, {PGBENCH_CLIENTS} clients", per_second=float(found[1]))


async def append(url: str, *, callers: int) -> Figure:
    """Callers that each write one job as fast as they are answered; the log is verified afterwards.

    What they write was decided before the clock starts: only the append is measured.
    """
    database = Database(url)
    await migrate(database)
    store = SqlEventStore(database, now=lambda: datetime.now(UTC))
    await store.start()
    drives = [Drive() for _ in range(callers)]
    await asyncio.gather(*(store.append(drive.step(approved(), requested())) for drive in drives))
    each = EVENTS_BY_CALLERS[callers] // callers
    decided = [[drive.step(progressed(number % 95)) for number in range(each)] for drive in drives]
    latencies: list[float] = []
    begin = time.perf_counter()
    await asyncio.gather(*(_write(store, entries, latencies) for entries in decided))
    taken = time.perf_counter() - begin
    await store.close()
    findings = [finding async for finding in verify(database)]
    assert not findings, findings[:3]
    await database.close()
    p50 = statistics.median(latencies) * 1000
    return Figure(case=f"append, {callers} callers", per_second=len(latencies) / taken, latency_ms_p50=p50)


async def _write(store: SqlEventStore, entries: list[Append], latencies: list[float]) -> None:
    at = time.perf_counter()
    for entry in entries:
        await store.append(entry)
        done = time.perf_counter()
        latencies.append(done - at)
        at = done


async def on_sqlite(folder: Path) -> list[Figure]:
    """Each case anew in a file of its own, the raw driver first."""
    raw = await asyncio.to_thread(raw_sqlite, folder)
    return [raw, *await _cases(lambda callers: append(f"sqlite:///{folder}/{new_id()}.db", callers=callers))]


async def on_postgres(server: PostgresServer) -> list[Figure]:
    """Each case in a database of its own."""
    raw = await raw_postgres(server)

    async def case(callers: int) -> Figure:
        name = f"bench_{new_id().replace('-', '')}"
        connection = await asyncpg.connect(server.dsn())
        await connection.execute(f"CREATE DATABASE {name}")
        await connection.execute("CHECKPOINT")
        await connection.close()
        return await append(server.dsn(name), callers=callers)

    return [raw, *await _cases(case)]


async def _cases(case: Callable[[int], Awaitable[Figure]]) -> list[Figure]:
    return [await case(callers) for callers in EVENTS_BY_CALLERS]


def medians(rounds: list[list[Figure]]) -> list[Figure]:
    """The median of each case over all rounds, and its ratio against the first: the raw driver."""
    middle = [sorted(cases, key=lambda one: one.per_second)[len(cases) // 2] for cases in zip(*rounds, strict=True)]
    raw = middle[0].per_second
    return [
        Figure(case=one.case, per_second=one.per_second, latency_ms_p50=one.latency_ms_p50, ratio=one.per_second / raw)
        for one in middle
    ]


def measure() -> dict[str, list[Figure]]:
    """Run every case in turn, several rounds, so that a slow moment of the machine falls on all of them."""
    sys.setswitchinterval(SWITCH_SECONDS)  # as `serve` does
    folder = Path(tempfile.mkdtemp(prefix="reelwright-bench-"))
    try:
        sqlite = [uvloop.run(on_sqlite(folder)) for _ in range(ROUNDS)]
        with PostgresServer() as server:
            postgres = [uvloop.run(on_postgres(server)) for _ in range(ROUNDS)]
    finally:
        shutil.rmtree(folder)
    return {"SQLite": medians(sqlite), "PostgreSQL": medians(postgres)}


def main() -> None:
    """Print one line per case."""
    for dialect, figures in measure().items():
        for one in figures:
            latency = "" if one.latency_ms_p50 is None else f"  p50 {one.latency_ms_p50:7.2f} ms"
            print(f"{dialect:11} {one.case:26} {one.per_second:9.0f} events/s  {one.ratio:6.2f} x raw{latency}")


if __name__ == "__main__":
    main()
