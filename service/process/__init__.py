"""One running service: how it starts and stops, its bus, its address and its data directory."""
