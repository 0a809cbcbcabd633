"""No job stands still without a word."""

from __future__ import annotations

from collections.abc import Iterator

from domain.steps import next_steps, waiting_for
from tests.simulation.home import Home
from tests.simulation.world import World


def nothing_is_stuck(world: World, home: Home) -> Iterator[str]:
    """Each job has ended with nothing open, or says what it waits for: a person, a time, a renderer."""
    if world.was_cut_short:
        return
    for job in home.installation.jobs():
        steps = next_steps(job)
        if not steps or job.retry_at is not None or waiting_for(job) == "needs_operator":
            continue
        if home.installation.waits_with_a_reason(job.job_id):
            continue
        yield f"job {job.job_id} is {job.status} ({job.message}), and its step {steps[0].kind} comes to nothing"
    for job_id in home.people.approvals:
        if job_id not in home.installation.tables.by_job:
            yield f"job {job_id} was approved, and is unknown"
