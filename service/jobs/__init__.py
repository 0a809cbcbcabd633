"""What can be asked of a job, and how jobs are loaded, folded, listed and shown."""
