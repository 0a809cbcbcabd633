"""The log of events: encoded, sealed and appended, one writer per process."""
