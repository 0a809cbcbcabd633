"""Histories and the stream: legal, whole, in order."""

from __future__ import annotations

from collections.abc import Iterator

from domain import events as e
from domain.errors import ReelwrightError
from tests.simulation.home import Home
from tests.simulation.world import World


def histories_are_legal(world: World, home: Home) -> Iterator[str]:
    """Every history folds, to what the read model shows."""
    try:
        jobs = home.installation.jobs()
    except ReelwrightError as error:
        yield f"in {home.name}: {error}"
        return
    for job in jobs:
        row = home.installation.tables.jobs[job.job_id]
        if (row["status"], row["version"]) != (job.status.value, job.version):
            yield f"job {job.job_id} is {job.status} at {job.version}, listed as {row['status']} at {row['version']}"


def sequences_are_whole(world: World, home: Home) -> Iterator[str]:
    """The stream has every event once and in order, and a second message for each event that ends a job."""
    expected = [
        (stored.position, part)
        for stored in home.installation.tables.events
        for part in ((0, 1) if stored.encoded.type in e.FINAL_EVENTS else (0,))
    ]
    announced = [(message.position, message.part) for message in home.installation.stream.messages]
    if world.was_cut_short:
        expected = expected[: len(announced)]
    if announced == expected:
        return
    shorter = min(len(announced), len(expected))
    first = next((index for index in range(shorter) if announced[index] != expected[index]), shorter)
    shown = announced[first] if first < len(announced) else "nothing"
    wanted = expected[first] if first < len(expected) else "nothing"
    yield f"message {first + 1} of {home.name}'s stream is {shown}, not {wanted}"


def attempts_are_counted(world: World, home: Home) -> Iterator[str]:
    """Between two retries of people there are at most as many attempts as the settings say."""
    allowed = max(deployment.max_retries for deployment in home.deployments) + 1
    for job_id, history in home.installation.tables.by_job.items():
        tokens: set[str] = set()
        for stored in history:
            match stored.recorded.event:
                case e.RetryRequested():
                    tokens.clear()
                case e.RenderRequested(token=token):
                    tokens.add(token)
            if len(tokens) > allowed:
                yield f"job {job_id}: {len(tokens)} attempts, where {allowed} are allowed"
                break
