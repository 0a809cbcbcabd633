"""Messages from the bus: read, stored, then acknowledged; a message that cannot be read is recorded as rejected."""
