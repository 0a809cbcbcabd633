"""Queries of the log, and its rows read as values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from adapters.sql.log.codec import Codec, decode_metadata
from adapters.sql.tables import EVENTS
from domain.records import Recorded
from domain.times import read_time

HISTORY = sa.select(EVENTS).where(EVENTS.c.job_id == sa.bindparam("job_id")).order_by(EVENTS.c.version)
PREFIX = HISTORY.where(EVENTS.c.version <= sa.bindparam("upto_version"))
PAGE = (
    sa.select(EVENTS)
    .where(EVENTS.c.position > sa.bindparam("after"))
    .order_by(EVENTS.c.position)
    .limit(sa.bindparam("most", type_=sa.Integer()))
)


def recorded(row: sa.Row[Any], codec: Codec) -> Recorded:
    """Read one event. Raises Refused when it cannot be read."""
    return Recorded(
        position=row.position,
        job_id=row.job_id,
        version=row.version,
        event_id=row.event_id,
        event=codec.decode(row.type, row.schema_version, row.data),
        recorded_at=read_time(row.recorded_at),
        metadata=decode_metadata(row.metadata),
    )


def fetch(connection: sa.Connection, query: sa.Select[Any], **parameters: str | int) -> Sequence[sa.Row[Any]]:
    """Return all rows of a query; its parameters limit their number."""
    return connection.execute(query, parameters).all()
