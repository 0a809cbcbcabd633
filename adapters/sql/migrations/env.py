"""Run by Alembic: upgrades over the connection, and within the transaction and lock, that `schema.py` hands over."""

from __future__ import annotations

from alembic import context

from adapters.sql.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
context.run_migrations()
