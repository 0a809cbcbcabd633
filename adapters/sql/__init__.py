"""One event store for SQLite and PostgreSQL: the truth, the leases and everything that is read from them."""
