"""What a job is and what may happen to it: pure functions over frozen values, no clock, no network, no disk."""
