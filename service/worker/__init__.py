"""What moves jobs: claims a lease, then does the steps that a job's state asks for."""
