"""The clock and the source of new ids, for whoever is put together here."""

from adapters.clock import new_id, now

__all__ = ["new_id", "now"]
