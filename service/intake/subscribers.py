"""The NATS subscribers: approvals from the stream, cancel and retry as requests. Acks only what is stored."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog
from faststream import AckPolicy, ExceptionMiddleware
from faststream.nats import JStream, NatsMessage, NatsRouter, PullSub

from domain.errors import IllegalMove, NotFound, ReelwrightError, Unavailable
from service.intake.approval import read_approval
from service.intake.approvals import Intake, StreamMessage
from service.intake.commands import CommandMessage, CommandReply, ProblemReply, RetryMessage, read_command, read_retry
from service.intake.reading import UnreadableError
from service.intake.rejections import rejection_body
from service.jobs.operations import ApprovalConflict, JobOperations

log = structlog.get_logger()

APPROVED, STREAM, DURABLE = "storyboard.approved", "STORYBOARD", "reelwright"
QUEUE_GROUP = "reelwright"
APPROVALS_AT_ONCE = 8
PULL_SECONDS = 1.0
"""A server that restarts loses a pull: until this time is over, its subscriber receives nothing."""

RETRY_DELAY_SECONDS = 2.0
LONGEST_LOGGED_REASON = 200

TakesApproval = Callable[[NatsMessage], Awaitable[None]]


class Rejections(Protocol):
    """Where rejected messages are recorded."""

    async def publish(self, body: bytes, *, stream_sequence: int) -> None:
        """Return when it is stored. Raises Unavailable."""


async def _undecoded(message: NatsMessage) -> NatsMessage:
    """Return the message as it came: any bytes are stored or recorded as rejected."""
    return message


async def _command(message: NatsMessage) -> CommandMessage:
    return read_command(message.body)


async def _retry(message: NatsMessage) -> RetryMessage:
    return read_retry(message.body)


def _subscribed_to_approvals(router: NatsRouter) -> Callable[[TakesApproval], TakesApproval]:
    """Subscribe a function once for each approval that may be handled at the same time.

    FastStream's `max_workers` fetches messages ahead, and the server delivers those that wait to others.
    """

    def subscribe(take: TakesApproval) -> TakesApproval:
        for _ in range(APPROVALS_AT_ONCE):
            router.subscriber(
                APPROVED,
                durable=DURABLE,
                stream=JStream(STREAM, declare=False),
                pull_sub=PullSub(batch_size=1, timeout=PULL_SECONDS),
                ack_policy=AckPolicy.MANUAL,
                decoder=_undecoded,
            )(take)
        return take

    return subscribe


def approvals_router(intake: Intake, rejections: Rejections) -> NatsRouter:
    """Return the subscribers of approvals."""
    router = NatsRouter()

    @_subscribed_to_approvals(router)
    async def take_approval(message: NatsMessage) -> None:
        """Store, then ack. What cannot be stored now is retried; what cannot be read is recorded as rejected."""
        try:
            rejected = await _store(intake, message)
            if rejected is not None:
                await _reject(rejections, rejected, message)
        except Unavailable as error:
            log.warning("approval_postponed", reason=str(error), sequence=_sequence(message))
            await message.nack(delay=RETRY_DELAY_SECONDS)
        except Exception:
            log.exception("approval_broken", sequence=_sequence(message))
            await message.nack(delay=RETRY_DELAY_SECONDS)
        else:
            await message.ack()

    return router


def commands_router(operations: JobOperations) -> NatsRouter:
    """Return the subscribers of commands; each one replies."""
    router = NatsRouter(middlewares=[problems])

    @router.subscriber("reelwright.cancel", queue=QUEUE_GROUP, decoder=_command)
    async def cancel(command: CommandMessage) -> CommandReply:
        job = await operations.cancel(command.job_id, by=command.by, reason=command.reason)
        return CommandReply(status=str(job.status))

    @router.subscriber("reelwright.retry", queue=QUEUE_GROUP, decoder=_retry)
    async def retry(command: RetryMessage) -> CommandReply:
        job = await operations.retry(command.job_id, by=command.by, render_id=command.render_id, scene=command.scene)
        return CommandReply(status=str(job.status))

    return router


problems = ExceptionMiddleware()


@problems.add_handler(UnreadableError, publish=True)
def _unreadable(error: UnreadableError) -> ProblemReply:
    return ProblemReply(title="Unreadable", detail=error.reason, status=422)


@problems.add_handler(NotFound, publish=True)
def _not_found(error: NotFound) -> ProblemReply:
    return ProblemReply(title="Not found", detail=str(error), status=404)


@problems.add_handler(IllegalMove, publish=True)
def _not_possible(error: IllegalMove) -> ProblemReply:
    return ProblemReply(title="Not possible now", detail=str(error), status=409)


@problems.add_handler(ReelwrightError, publish=True)
def _unavailable(error: ReelwrightError) -> ProblemReply:
    return ProblemReply(title="Try again later", detail=str(error), status=503)


async def _store(intake: Intake, message: NatsMessage) -> UnreadableError | None:
    """Store an approval, or return why it is rejected."""
    try:
        approval = read_approval(message.body)
    except UnreadableError as error:
        return error
    sent = StreamMessage(at=message.raw_message.metadata.timestamp, payload=message.body)
    outcome = await intake.take(approval, sent=sent)
    return UnreadableError(outcome.reason) if isinstance(outcome, ApprovalConflict) else None


async def _reject(rejections: Rejections, error: UnreadableError, message: NatsMessage) -> None:
    sequence = _sequence(message)
    log.warning("message_rejected", reason=error.reason[:LONGEST_LOGGED_REASON], sequence=sequence)
    body = rejection_body(
        message.body,
        reason=error.reason,
        errors=error.errors,
        subject=message.raw_message.subject,
        stream_sequence=sequence,
    )
    await rejections.publish(body, stream_sequence=sequence)


def _sequence(message: NatsMessage) -> int:
    return int(message.raw_message.metadata.sequence.stream)
