"""Publishes an approval on NATS, and waits in the database until the service has taken it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from domain.commands import Approve
from domain.errors import Unavailable
from domain.job import Job
from service.cli.problems import CliError, ExitCode, explained
from service.intake.approval import Approval, read_approval
from service.intake.reading import UnreadableError
from service.jobs.history import read_history
from service.jobs.views import to_json
from service.wiring.clock import CLOCK, new_id

if TYPE_CHECKING:
    from service.wiring.stores import Stores

CONNECT_SECONDS = 5.0
MOST_TRIES = 3
TAKEN_SECONDS = 5.0
POLL_SECONDS = 0.05


def encode(body: Mapping[str, object]) -> tuple[bytes, Approval]:
    """Return the message, and the approval that the service will read in it. Raises CliError for one it cannot read."""
    payload = to_json(body)
    try:
        return payload, read_approval(payload)
    except UnreadableError as error:
        raise CliError(
            "The approval cannot be used",
            why="; ".join(error.errors),
            next_step="reelwright approve --help",
            exit_code=ExitCode.USAGE,
        ) from error


async def publish(servers: Sequence[str], payload: bytes) -> int:
    """Publish and return the stream's sequence. A lost answer is retried under the same message id."""
    from service.wiring.bus_link import connect_bus  # noqa: PLC0415 - the heavy part

    message_id = new_id()
    with explained("The approval was not published"):
        link = await connect_bus(servers, replicas=1, wait_seconds=CONNECT_SECONDS)
        try:
            for _ in range(MOST_TRIES - 1):
                with suppress(Unavailable):
                    return await link.approve(payload, message_id=message_id)
            return await link.approve(payload, message_id=message_id)
        finally:
            await link.close()


async def wait_until_taken(stores: Stores, approval: Approval) -> Job:
    """Wait until the service has taken the approval and return the job. Raises CliError where it was not taken."""
    until = CLOCK.monotonic() + TAKEN_SECONDS
    while CLOCK.monotonic() < until:
        history = await read_history(stores.events, approval.job_id)
        job = history.job if history else None
        if job is not None and _is_taken(approval, job):
            return job
        if job is not None and not _may_be_taken_later(approval, job):
            raise CliError(
                f"Job {approval.job_id} was not approved",
                why=f"the job exists already, {job.status}, with another storyboard or other wishes",
                next_step="approve it under another job_id: --job-id NEW",
                exit_code=ExitCode.CONFLICT,
            )
        await asyncio.sleep(POLL_SECONDS)
    raise CliError(
        f"Job {approval.job_id} is not taken yet",
        why=f"the approval is published and kept, but no service has taken it within {TAKEN_SECONDS:g} s",
        next_step="reelwright doctor",
        exit_code=ExitCode.DEPENDENCY_DOWN,
    )


def _is_taken(approval: Approval, job: Job) -> bool:
    command = approval.command
    if isinstance(command, Approve):
        return job.storyboard_hash == command.storyboard_hash
    return job.last_event == "StoryboardRefused" and job.received_hash == command.received_hash


def _may_be_taken_later(approval: Approval, job: Job) -> bool:
    """Return whether this approval can still change the job: only a refused job can be approved again."""
    return isinstance(approval.command, Approve) and job.last_event == "StoryboardRefused"
