"""The render requests, for the paid-once protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from adapters.sql.database import Database
from adapters.sql.tables import RENDERS, texts
from domain.errors import NotFound
from domain.job import OPEN_RENDERS
from domain.times import read_time

_NOW = {"sqlite": sa.func.strftime("%Y-%m-%dT%H:%M:%fZ", "now"), "postgresql": sa.func.clock_timestamp()}


class SqlRenders:
    """Reads the table `renders`; only appends write it. Every method raises Unavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def owned(self, account: str | None, render_ids: Sequence[str]) -> frozenset[str]:
        """Return the ids of these that belong to a request of this installation in that account.

        Requests of earlier versions name no account, and own their ids in each.
        """

        def find(connection: sa.Connection) -> frozenset[str]:
            query = sa.select(RENDERS.c.render_id).where(
                RENDERS.c.render_id.in_(texts(connection, render_ids)), RENDERS.c.account.in_(["", account or ""])
            )
            return frozenset(str(found) for found in connection.execute(query).scalars())

        return await self._database.read(find) if render_ids else frozenset()

    async def owned_elsewhere(self, account: str | None, render_ids: Sequence[str]) -> frozenset[str]:
        """Return the ids of these that belong to a request of this installation in another account."""

        def find(connection: sa.Connection) -> frozenset[str]:
            query = sa.select(RENDERS.c.render_id).where(
                RENDERS.c.render_id.in_(texts(connection, render_ids)), RENDERS.c.account.not_in(["", account or ""])
            )
            return frozenset(str(found) for found in connection.execute(query).scalars())

        return await self._database.read(find) if render_ids else frozenset()

    async def open_requests(self) -> Mapping[tuple[str, str | None], int]:
        """Return how many renders of each (renderer, account) may still cost money or make a video."""
        open_states = [str(state) for state in OPEN_RENDERS]
        key = (RENDERS.c.renderer, RENDERS.c.account)
        query = sa.select(*key, sa.func.count()).where(RENDERS.c.state.in_(open_states)).group_by(*key)
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return {(str(renderer), account or None): int(count) for renderer, account, count in rows}

    async def requested_at(self, token: str) -> datetime:
        """Return when the request was last committed. Raises NotFound."""
        requested_at, _ = await self._time(token, RENDERS.c.requested_at)
        return requested_at

    async def unchanged_seconds(self, token: str) -> float:
        """Return how long ago the request was last changed, by the database's clock. Raises NotFound."""
        changed_at, now = await self._time(token, RENDERS.c.changed_at)
        return (now - changed_at).total_seconds()

    async def _time(self, token: str, column: sa.Column[str]) -> tuple[datetime, datetime]:
        """Return a time of the request, and that of the database."""

        def find(connection: sa.Connection) -> tuple[datetime, datetime] | None:
            query = sa.select(column, _NOW[connection.dialect.name]).where(RENDERS.c.token == token)
            row = connection.execute(query).first()
            return row and (read_time(row[0]), row[1] if isinstance(row[1], datetime) else read_time(row[1]))

        found = await self._database.read(find)
        if found is None:
            raise NotFound(f"no request has the token {token}")
        return found
