"""What is read from the read model: lists, and jobs that have ended."""
