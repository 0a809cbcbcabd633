"""The first schema: the log, its head, the read model and what workers remember.

A frozen copy of the tables: it must make the same schema for ever, whatever the code's tables become.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from adapters.sql.migrations.guards import guard_events

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _log()
    _jobs()
    _leases()
    _renders()
    _memories()
    guard_events(op.get_bind())


def _log() -> None:
    op.create_table(
        "events",
        sa.Column("position", _number(), primary_key=True, autoincrement=False),
        sa.Column("job_id", _text(), nullable=False),
        sa.Column("version", _number(), nullable=False),
        sa.Column("event_id", _text(), nullable=False),
        sa.Column("type", _text(), nullable=False),
        sa.Column("schema_version", _number(), nullable=False),
        sa.Column("data", _json(), nullable=False),
        sa.Column("metadata", _json(), nullable=False),
        sa.Column("recorded_at", _text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.UniqueConstraint("event_id", name="events_event_id"),
        sa.UniqueConstraint("job_id", "version", name="events_job_version"),
    )
    head = op.create_table(
        "log_head",
        sa.Column("id", _number(), primary_key=True, autoincrement=False),
        sa.Column("position", _number(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_at", _text(), nullable=False),
        postgresql_with={"fillfactor": 10},
    )
    op.bulk_insert(head, [{"id": 1, "position": 0, "hash": bytes(32), "recorded_at": "1970-01-01T00:00:00.000000Z"}])


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("job_id", _text(), primary_key=True),
        sa.Column("status", _text(), nullable=False),
        sa.Column("version", _number(), nullable=False),
        sa.Column("position", _number(), nullable=False),
        sa.Column("created_at", _text(), nullable=False),
        sa.Column("created_position", _number(), nullable=False),
        sa.Column("updated_at", _text(), nullable=False),
        sa.Column("step", _text(), nullable=False),
        sa.Column("due_at", _text()),
        sa.Column("wait_seconds", sa.Double()),
        sa.Column("percent", _number(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("scenes_total", _number(), nullable=False),
        sa.Column("scenes_completed", _number(), nullable=False),
        sa.Column("current_scene", _number()),
        sa.Column("estimated_completion_seconds", _number()),
        sa.Column("estimated_cost", _text()),
        sa.Column("actual_cost", _text(), nullable=False),
        sa.Column("attempts", _number(), nullable=False),
        sa.Column("error_message", sa.Text()),
        sa.Column("waiting_for", sa.Text()),
        sa.Column("video_url", sa.Text()),
        postgresql_with={"fillfactor": 70},
    )
    op.create_index("jobs_created", "jobs", ["created_position"])
    op.create_index("jobs_status", "jobs", ["status", "created_position"])
    op.create_index("jobs_to_do", "jobs", ["created_position"], **_where("step <> 'nothing'"))


def _leases() -> None:
    op.create_table(
        "leases",
        sa.Column("job_id", _text(), primary_key=True),
        sa.Column("owner", _text()),
        sa.Column("epoch", _number(), nullable=False),
        sa.Column("renewals", _number(), nullable=False),
        postgresql_with={"fillfactor": 50},
    )
    op.create_index("leases_held", "leases", ["owner"], **_where("owner IS NOT NULL"))


def _renders() -> None:
    op.create_table(
        "renders",
        sa.Column("token", _text(), primary_key=True),
        sa.Column("job_id", _text(), nullable=False),
        sa.Column("attempt", _number(), nullable=False),
        sa.Column("scene", _number()),
        sa.Column("renderer", _text(), nullable=False),
        sa.Column("model", _text(), nullable=False),
        sa.Column("request_hash", _text(), nullable=False),
        sa.Column("render_id", _text()),
        sa.Column("state", _text(), nullable=False),
        sa.Column("cost", _text()),
        sa.Column("basis", _text(), nullable=False),
        sa.Column("requested_at", _text(), nullable=False),
        sa.Column("changed_at", _text(), nullable=False),
        sa.UniqueConstraint("render_id", name="renders_render_id"),
    )
    op.create_index("renders_job", "renders", ["job_id"])
    unresolved = _where("state IN ('requested', 'unresolved')")
    op.create_index("renders_unresolved", "renders", ["model", "request_hash"], unique=True, **unresolved)


def _memories() -> None:
    op.create_table(
        "checkpoints",
        sa.Column("name", _text(), primary_key=True),
        sa.Column("position", _number(), nullable=False),
        sa.Column("sequence", _number(), nullable=False),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("key", _text(), primary_key=True),
        sa.Column("body_hash", _text(), nullable=False),
        sa.Column("job_id", _text(), nullable=False),
        sa.Column("created_at", _text(), nullable=False),
    )
    op.create_index("idempotency_keys_age", "idempotency_keys", ["created_at"])


def _text() -> sa.types.TypeEngine[str]:
    return sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _json() -> sa.types.TypeEngine[str]:
    return sa.Text().with_variant(postgresql.JSON(), "postgresql")


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
