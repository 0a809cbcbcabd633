"""What reads the log of events in order, each reader with a checkpoint of its own."""
