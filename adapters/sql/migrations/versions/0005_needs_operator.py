"""The jobs that need a person are few among many: the page counts and lists them all the time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    needed = sa.text("waiting_for = 'needs_operator'")
    op.create_index("jobs_needs_operator", "jobs", ["created_position"], sqlite_where=needed, postgresql_where=needed)
