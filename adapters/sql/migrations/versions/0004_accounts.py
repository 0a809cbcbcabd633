"""A render's id is unique in the account of the provider that made it, and so is an unresolved request."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    text = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
    op.drop_index("renders_unresolved", "renders")
    with op.batch_alter_table("renders") as renders:
        renders.add_column(sa.Column("account", text, nullable=False, server_default=""))
        renders.drop_constraint("renders_render_id", type_="unique")
        renders.create_unique_constraint("renders_render_id", ["account", "render_id"])
    unresolved = sa.text("state IN ('requested', 'unresolved')")
    op.create_index(
        "renders_unresolved",
        "renders",
        ["account", "model", "request_hash"],
        unique=True,
        sqlite_where=unresolved,
        postgresql_where=unresolved,
    )
