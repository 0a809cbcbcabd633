"""A provider that does everything a real one may do to its callers, and keeps books of every render it created."""
