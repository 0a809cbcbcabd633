"""What arrives over NATS: approvals from the stream, and cancel and retry as requests. Acks only what is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import msgspec
import structlog
from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, NatsMessage, PullSub
from faststream.security import BaseSecurity
from nats import errors
from nats.aio.msg import Msg
from nats.js.errors import NotFoundError, ServiceUnavailableError

from domain.errors import IllegalMove, NotFound, ReelwrightError, Unavailable
from service.intake.approval import read_approval
from service.intake.approvals import Intake, Rejection, Sent
from service.intake.reading import UnreadableError
from service.intake.rejections import rejection_body
from service.jobs.operations import JobOperations

log = structlog.get_logger()

APPROVED, STREAM, DURABLE = "storyboard.approved", "STORYBOARD", "reelwright"
QUEUE_GROUP = "reelwright"
APPROVALS_AT_ONCE = 8
PULL_SECONDS = 1.0
"""A pull that the server forgot in a restart is over this soon; a longer one would be deaf for that long."""

NO_CONSUMER_SECONDS = 0.25
RETRY_DELAY_SECONDS = 2.0
GRACEFUL_SECONDS = 2.0
STOP_SECONDS = 2.5
"""A stop that waits for a server which stands still takes the client's own limits: minutes."""
RECONNECT_WAIT_SECONDS = 0.25
LONGEST_REASON = 200


class Rejections(Protocol):
    """Where refused messages are recorded."""

    async def publish(self, body: bytes, *, stream_sequence: int) -> None:
        """Store it. Raises Unavailable."""


class Subscriber:
    """FastStream's subscribers around one broker connection."""

    def __init__(
        self,
        servers: Sequence[str],
        *,
        intake: Intake,
        rejections: Rejections,
        operations: JobOperations,
        security: BaseSecurity | None = None,
    ) -> None:
        self._intake = intake
        self._rejections = rejections
        self._operations = operations
        self.broker = NatsBroker(
            list(servers),
            name="reelwright-intake",
            max_reconnect_attempts=-1,
            reconnect_time_wait=RECONNECT_WAIT_SECONDS,  # type: ignore[arg-type]  # slept as it is
            graceful_timeout=GRACEFUL_SECONDS,
            security=security,
            apply_types=False,
            logger=None,
        )
        for _ in range(APPROVALS_AT_ONCE):
            self.broker.subscriber(
                APPROVED,
                durable=DURABLE,
                stream=JStream(STREAM, declare=False),
                pull_sub=PullSub(batch_size=1, timeout=PULL_SECONDS),
                ack_policy=AckPolicy.MANUAL,
                decoder=_undecoded,
            )(self._take)
        for verb, give in (("cancel", operations.cancel), ("retry", operations.retry)):
            self.broker.subscriber(f"reelwright.{verb}", queue=QUEUE_GROUP, decoder=_undecoded)(_answer(give))

    async def start(self) -> None:
        """Begin to take messages; the stream and the consumer must be there."""
        await self.broker.start()
        for subscriber in self.broker.subscribers:
            _be_patient(getattr(subscriber, "subscription", None))

    async def stop(self) -> None:
        """Take no more; what is in hand is finished. A server that is away or stands still is not waited for."""
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self.broker.stop()
        except (errors.Error, ExceptionGroup, TimeoutError) as error:
            log.warning("intake_cut_off", reason=str(error) or "NATS does not answer")

    async def _take(self, message: NatsMessage) -> None:
        """Store, then ack. What cannot be stored now comes again; what cannot be read is recorded as rejected."""
        try:
            await self._store(message)
        except Unavailable as error:
            log.warning("approval_postponed", reason=str(error), sequence=_sequence(message))
            await message.nack(delay=RETRY_DELAY_SECONDS)
        except Exception:
            log.exception("approval_broken", sequence=_sequence(message))
            await message.nack(delay=RETRY_DELAY_SECONDS)
        else:
            await message.ack()

    async def _store(self, message: NatsMessage) -> None:
        payload = message.raw_message.data
        try:
            approval = read_approval(payload)
        except UnreadableError as error:
            await self._reject(message, error.reason, error.errors)
            return
        sent = Sent(at=message.raw_message.metadata.timestamp, payload=payload)
        outcome = await self._intake.take(approval, sent=sent)
        if isinstance(outcome, Rejection):
            await self._reject(message, outcome.reason, (outcome.reason,))

    async def _reject(self, message: NatsMessage, reason: str, errors: Sequence[str]) -> None:
        sequence = _sequence(message)
        log.warning("message_rejected", reason=reason[:LONGEST_REASON], sequence=sequence)
        body = rejection_body(
            message.raw_message.data,
            reason=reason,
            errors=errors,
            subject=message.raw_message.subject,
            stream_sequence=sequence,
        )
        await self._rejections.publish(body, stream_sequence=sequence)


def _answer(give: Callable[[bytes], Awaitable[dict[str, object]]]) -> Callable[[NatsMessage], Awaitable[bytes]]:
    async def answer(message: NatsMessage) -> bytes:
        try:
            reply = await give(message.raw_message.data)
        except UnreadableError as error:
            reply = _problem("Unreadable", error.reason, 422)
        except NotFound as error:
            reply = _problem("Not found", str(error), 404)
        except IllegalMove as error:
            reply = _problem("Not possible now", str(error), 409)
        except ReelwrightError as error:
            reply = _problem("Try again later", str(error), 503)
        return msgspec.json.encode(reply)

    return answer


def _problem(title: str, detail: str, status: int) -> dict[str, object]:
    return {"ok": False, "title": title, "detail": detail, "status": status}


def _sequence(message: NatsMessage) -> int:
    return int(message.raw_message.metadata.sequence.stream)


def _be_patient(subscription: object) -> None:
    """Wait a little where consumer or stream is missing: FastStream asks again at once, at full speed, for ever."""
    fetch = getattr(subscription, "fetch", None)
    if fetch is None:
        return

    async def patient_fetch(batch: int = 1, timeout: float | None = None) -> list[Msg]:
        try:
            messages: list[Msg] = await fetch(batch=batch, timeout=timeout)
        except (ServiceUnavailableError, NotFoundError):
            await asyncio.sleep(NO_CONSUMER_SECONDS)
            raise
        return messages

    subscription.fetch = patient_fetch  # type: ignore[attr-defined]  # the one place where FastStream asks


async def _undecoded(message: NatsMessage) -> NatsMessage:
    """Hand the handler the message itself: it reads the body and decides about the ack."""
    return message
