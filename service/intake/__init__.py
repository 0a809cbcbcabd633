"""What arrives over the bus: read, stored, then acknowledged; what cannot be read is recorded as rejected."""
