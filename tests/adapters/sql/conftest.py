"""The store, the leases and their clocks, on each dialect."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from adapters.sql.database import Database
from adapters.sql.log.event_store import SqlEventStore
from adapters.sql.work.leases import Clocks, SqlLeases


@dataclass
class Hands:
    """Two clocks that are moved by hand."""

    at: datetime = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
    seconds: float = 100.0

    def pass_by(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.seconds += seconds

    def clocks(self) -> Clocks:
        return Clocks(now=lambda: self.at, monotonic=lambda: self.seconds)


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
async def store(database: Database, hands: Hands) -> AsyncIterator[SqlEventStore]:
    opened = SqlEventStore(database, now=lambda: hands.at)
    await opened.start()
    yield opened
    await opened.close()


@pytest.fixture
def leases(database: Database, hands: Hands) -> SqlLeases:
    return worker(database, "worker-1", hands)


def worker(database: Database, owner: str, hands: Hands) -> SqlLeases:
    return SqlLeases(database, owner=owner, lease_seconds=10, clocks=hands.clocks())
