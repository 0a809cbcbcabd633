"""SQLite and PostgreSQL: the event store, the leases, and everything that is read from them."""
