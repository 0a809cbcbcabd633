"""Queries of the read model: lists of jobs, and jobs that have ended."""
