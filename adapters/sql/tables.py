"""The tables as the code sees them. `migrations/` makes them; a test compares the two."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles


class JsonText(sa.types.UserDefinedType[str]):
    """JSON kept as text, so that it can be hashed: `json` on PostgreSQL, text on SQLite, never decoded here."""

    cache_ok = True

    def get_col_spec(self, **_options: object) -> str:
        """Return the column's type on PostgreSQL."""
        return "JSON"


@compiles(JsonText, "sqlite")
def _sqlite_json(_type: JsonText, _compiler: object, **_options: object) -> str:
    return "TEXT"


METADATA = sa.MetaData()
TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
"""Text that both compare byte by byte: the order of names and times must not depend on a locale."""
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _partial_index(name: str, *columns: str, where: str, unique: bool = False) -> sa.Index:
    return sa.Index(name, *columns, unique=unique, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


EVENTS = sa.Table(
    "events",
    METADATA,
    sa.Column("position", NUMBER, primary_key=True, autoincrement=False),
    sa.Column("job_id", TEXT, nullable=False),
    sa.Column("version", NUMBER, nullable=False),
    sa.Column("event_id", TEXT, nullable=False),
    sa.Column("type", TEXT, nullable=False),
    sa.Column("schema_version", NUMBER, nullable=False),
    sa.Column("data", JsonText(), nullable=False),
    sa.Column("metadata", JsonText(), nullable=False),
    sa.Column("recorded_at", TEXT, nullable=False),
    sa.Column("hash", sa.LargeBinary(), nullable=False),
    sa.UniqueConstraint("event_id", name="events_event_id"),
    sa.UniqueConstraint("job_id", "version", name="events_job_version"),
)

LOG_HEAD = sa.Table(
    "log_head",
    METADATA,
    sa.Column("id", NUMBER, primary_key=True, autoincrement=False),
    sa.Column("position", NUMBER, nullable=False),
    sa.Column("hash", sa.LargeBinary(), nullable=False),
    sa.Column("recorded_at", TEXT, nullable=False),
)

JOBS = sa.Table(
    "jobs",
    METADATA,
    sa.Column("job_id", TEXT, primary_key=True),
    sa.Column("status", TEXT, nullable=False),
    sa.Column("version", NUMBER, nullable=False),
    sa.Column("position", NUMBER, nullable=False),
    sa.Column("created_at", TEXT, nullable=False),
    sa.Column("updated_at", TEXT, nullable=False),
    sa.Column("percent", NUMBER, nullable=False),
    sa.Column("message", sa.Text(), nullable=False),
    sa.Column("scenes_total", NUMBER, nullable=False),
    sa.Column("scenes_completed", NUMBER, nullable=False),
    sa.Column("current_scene", NUMBER),
    sa.Column("estimated_completion_seconds", NUMBER),
    sa.Column("estimated_cost", TEXT),
    sa.Column("actual_cost", TEXT, nullable=False),
    sa.Column("list_price", TEXT),
    sa.Column("attempts", NUMBER, nullable=False),
    sa.Column("error_message", sa.Text()),
    sa.Column("waiting_for", sa.Text()),
    sa.Column("video_url", sa.Text()),
    sa.Column("created_position", NUMBER, nullable=False),
    sa.Column("step", TEXT, nullable=False),
    sa.Column("due_at", TEXT),
    sa.Column("wait_seconds", sa.Double()),
    sa.Index("jobs_created", "created_position"),
    sa.Index("jobs_status", "status", "created_position"),
    _partial_index("jobs_to_do", "created_position", where="step <> 'nothing'"),
    _partial_index("jobs_needs_operator", "created_position", where="waiting_for = 'needs_operator'"),
)

LEASES = sa.Table(
    "leases",
    METADATA,
    sa.Column("job_id", TEXT, primary_key=True),
    sa.Column("owner", TEXT),
    sa.Column("epoch", NUMBER, nullable=False),
    sa.Column("renewals", NUMBER, nullable=False),
    _partial_index("leases_held", "owner", where="owner IS NOT NULL"),
)

RENDERS = sa.Table(
    "renders",
    METADATA,
    sa.Column("token", TEXT, primary_key=True),
    sa.Column("job_id", TEXT, nullable=False),
    sa.Column("attempt", NUMBER, nullable=False),
    sa.Column("scene", NUMBER),
    sa.Column("renderer", TEXT, nullable=False),
    sa.Column("model", TEXT, nullable=False),
    sa.Column("request_hash", TEXT, nullable=False),
    sa.Column("render_id", TEXT),
    sa.Column("state", TEXT, nullable=False),
    sa.Column("cost", TEXT),
    sa.Column("basis", TEXT, nullable=False),
    sa.Column("requested_at", TEXT, nullable=False),
    sa.Column("changed_at", TEXT, nullable=False),
    sa.Column("account", TEXT, nullable=False, server_default=""),
    sa.UniqueConstraint("account", "render_id", name="renders_render_id"),
    sa.Index("renders_job", "job_id"),
    _partial_index(
        "renders_unresolved",
        "account",
        "model",
        "request_hash",
        where="state IN ('requested', 'unresolved')",
        unique=True,
    ),
)

CHECKPOINTS = sa.Table(
    "checkpoints",
    METADATA,
    sa.Column("name", TEXT, primary_key=True),
    sa.Column("position", NUMBER, nullable=False),
    sa.Column("sequence", NUMBER, nullable=False),
)

IDEMPOTENCY_KEYS = sa.Table(
    "idempotency_keys",
    METADATA,
    sa.Column("key", TEXT, primary_key=True),
    sa.Column("body_hash", TEXT, nullable=False),
    sa.Column("job_id", TEXT, nullable=False),
    sa.Column("created_at", TEXT, nullable=False),
    sa.Index("idempotency_keys_age", "created_at"),
)

RESTORES = sa.Table(
    "restores",
    METADATA,
    sa.Column("restored_at", TEXT, primary_key=True),
    sa.Column("position", NUMBER, nullable=False),
    sa.Column("how", TEXT, nullable=False),
)

WAITS = sa.Table(
    "waits",
    METADATA,
    sa.Column("job_id", TEXT, primary_key=True),
    sa.Column("epoch", NUMBER, nullable=False),
    sa.Column("reason", sa.Text(), nullable=False),
)

WAIT_IN_FORCE = sa.and_(LEASES.c.job_id == WAITS.c.job_id, LEASES.c.epoch == WAITS.c.epoch, LEASES.c.owner.is_not(None))
"""Whether the worker that stored a reason still has its job."""

EVENT_COLUMNS, JOB_COLUMNS, RENDER_COLUMNS = (
    tuple(column.name for column in table.columns) for table in (EVENTS, JOBS, RENDERS)
)


def insert_into(connection: sa.Connection, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    """Return an INSERT that can have ON CONFLICT: each dialect has a class of its own for it."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def texts(connection: sa.Connection, values: Iterable[str]) -> sa.Select[str]:
    """Return a subquery of these texts. They are one parameter, so that one plan serves every number of them."""
    items = sa.literal(json.dumps(list(values)), TEXT)
    if connection.dialect.name == "sqlite":
        return sa.select(sa.func.json_each(items).table_valued(sa.column("value", TEXT)).c.value)
    listed = sa.func.json_array_elements_text(sa.cast(items, postgresql.JSON(none_as_null=True)))
    return sa.select(listed.table_valued(sa.column("value", TEXT)).c.value)


def lease_keys(connection: sa.Connection, keys: Iterable[Sequence[str | int]]) -> sa.Select[str, int, int]:
    """Return a subquery of (job_id, epoch, renewals) as one parameter."""
    items = sa.literal(json.dumps([list(key) for key in keys]), TEXT)
    if connection.dialect.name == "sqlite":
        value = sa.func.json_each(items).table_valued(sa.column("value", TEXT)).c.value
        part: list[sa.ColumnElement[Any]] = [sa.func.json_extract(value, f"$[{index}]") for index in range(3)]
    else:
        raw = sa.func.json_array_elements(sa.cast(items, postgresql.JSON()))
        value = raw.table_valued(sa.column("value", postgresql.JSON())).c.value
        part = [value.op("->>")(index) for index in range(3)]
    return sa.select(sa.cast(part[0], sa.Text()), sa.cast(part[1], NUMBER), sa.cast(part[2], NUMBER))
