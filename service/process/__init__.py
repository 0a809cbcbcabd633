"""One running service: what starts, in which order, and how it ends."""
