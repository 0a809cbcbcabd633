"""The wanted streams and consumer: makes missing ones, and shows or changes differences on request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import structlog
from nats.js import JetStreamContext, api
from nats.js.errors import APIError, NotFoundError

from adapters.bus.connection import translated
from domain.errors import Refused

STORYBOARD = "STORYBOARD"
VIDEO = "VIDEO"
CONSUMER = "reelwright"
APPROVED = "storyboard.approved"
REJECTED = "storyboard.rejected"
VIDEO_SUBJECTS = ("video.progress", "video.completed", "video.failed", "video.cancelled")

GIBIBYTE = 1024**3
DAY_SECONDS = 86_400.0
DUPLICATE_WINDOW_SECONDS = 120.0
ACK_WAIT_SECONDS = 10.0
MOST_UNACKNOWLEDGED = 1024
NAME_IN_USE = 10058
CONFIG_REFUSED = frozenset({10047, 10052})  # not enough storage, invalid configuration
SERVICE_UNAVAILABLE = 503

log = structlog.get_logger(__name__)

Value = str | int | float | tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field that is not as wanted; `field` is "missing" where the whole `thing` is."""

    thing: str
    field: str
    have: Value
    want: Value


def wanted_streams(replicas: int) -> Mapping[str, Mapping[str, object]]:
    """Return the fields we set, by stream. An approval is removed neither by age nor by newer ones."""
    common = {
        "retention": api.RetentionPolicy.LIMITS,
        "storage": api.StorageType.FILE,
        "num_replicas": replicas,
        "duplicate_window": DUPLICATE_WINDOW_SECONDS,
        "max_msgs": -1,
        "max_msgs_per_subject": -1,
    }
    return {
        STORYBOARD: {
            "subjects": [APPROVED, REJECTED],
            "max_age": 0.0,
            "max_bytes": 2 * GIBIBYTE,
            "discard": api.DiscardPolicy.NEW,
            **common,
        },
        VIDEO: {
            "subjects": list(VIDEO_SUBJECTS),
            "max_age": 7 * DAY_SECONDS,
            "max_bytes": GIBIBYTE,
            "discard": api.DiscardPolicy.OLD,
            "allow_atomic": True,
            **common,
        },
    }


WANTED_CONSUMER: Mapping[str, object] = {
    "durable_name": CONSUMER,
    "filter_subject": APPROVED,
    "deliver_policy": api.DeliverPolicy.ALL,
    "ack_policy": api.AckPolicy.EXPLICIT,
    "ack_wait": ACK_WAIT_SECONDS,
    "max_deliver": -1,
    "max_ack_pending": MOST_UNACKNOWLEDGED,
    "deliver_subject": None,
}


async def ensure(js: JetStreamContext, *, replicas: int = 1) -> tuple[str, ...]:
    """Make what is missing and change nothing else; return what was made. Raises Unavailable, Refused."""
    made = []
    for name, want in wanted_streams(replicas).items():
        with translated(f"make the stream {name}"):
            if await _stream(js, name) is None and await _add_stream(js, name, want):
                made.append(f"stream {name}")
    with translated(f"make the consumer {CONSUMER}"):
        if await _consumer(js) is None:
            await js.add_consumer(STORYBOARD, api.ConsumerConfig(**WANTED_CONSUMER, name=CONSUMER))  # type: ignore[arg-type]
            made.append(f"consumer {CONSUMER}")
    for thing in made:
        log.info("bus_made", thing=thing)
    return tuple(made)


async def waiting(js: JetStreamContext) -> int:
    """Return how many approvals are not stored yet: not delivered, or delivered and not acknowledged.

    Raises Unavailable.
    """
    with translated(f"look at the consumer {CONSUMER}"):
        info = await js.consumer_info(STORYBOARD, CONSUMER)
    return (info.num_pending or 0) + (info.num_ack_pending or 0)


async def is_served(js: JetStreamContext) -> bool:
    """Tell whether somebody takes approvals: requests for them wait at the consumer. Raises Unavailable."""
    with translated(f"look at the consumer {CONSUMER}"):
        try:
            info = await js.consumer_info(STORYBOARD, CONSUMER)
        except NotFoundError:
            return False
    return bool(info.num_waiting)


async def rewind(js: JetStreamContext, *, replicas: int = 1) -> int:
    """Let every approval of the stream come again, and return how many there are. Nobody may be taking any.

    May be repeated: where this ends between its two steps, `ensure` makes the consumer, from the first message on.
    Raises Unavailable, Refused.
    """
    await ensure(js, replicas=replicas)
    with translated(f"make the consumer {CONSUMER} again"):
        have = (await js.consumer_info(STORYBOARD, CONSUMER)).config
        await js.delete_consumer(STORYBOARD, CONSUMER)
        await js.add_consumer(STORYBOARD, have.evolve(**WANTED_CONSUMER))
    log.info("consumer_rewound", stream=STORYBOARD, consumer=CONSUMER)
    return await waiting(js)


async def diff(js: JetStreamContext, *, replicas: int = 1) -> list[Difference]:
    """Return every difference in the fields that we set. Raises Unavailable."""
    differences: list[Difference] = []
    for name, want in wanted_streams(replicas).items():
        with translated(f"look at the stream {name}"):
            differences += _differences(f"stream {name}", await _stream(js, name), want)
    with translated(f"look at the consumer {CONSUMER}"):
        differences += _differences(f"consumer {CONSUMER}", await _consumer(js), WANTED_CONSUMER)
    return differences


async def apply(js: JetStreamContext, *, replicas: int = 1) -> list[Difference]:
    """Change what differs and return it; may be repeated.

    Fields that we do not set stay as they are. Raises Unavailable, and Refused where the server cannot change a field.
    """
    differences = await diff(js, replicas=replicas)
    changed = {difference.thing for difference in differences if difference.field != "missing"}
    for name, want in wanted_streams(replicas).items():
        if f"stream {name}" in changed:
            await _change_stream(js, name, want)
    if f"consumer {CONSUMER}" in changed:
        await _change_consumer(js)
    await ensure(js, replicas=replicas)
    return differences


async def _stream(js: JetStreamContext, name: str) -> api.StreamConfig | None:
    try:
        return (await js.stream_info(name)).config
    except NotFoundError:
        return None


async def _consumer(js: JetStreamContext) -> api.ConsumerConfig | None:
    try:
        config: api.ConsumerConfig = (await js.consumer_info(STORYBOARD, CONSUMER)).config
    except NotFoundError:
        return None
    return config


async def _add_stream(js: JetStreamContext, name: str, want: Mapping[str, object]) -> bool:
    try:
        await js.add_stream(api.StreamConfig(name=name, **want))  # type: ignore[arg-type]
    except APIError as error:
        if error.err_code == NAME_IN_USE:  # another process has made it
            return False
        if error.err_code in CONFIG_REFUSED:
            raise Refused(
                f"the server does not make the stream {name}: {error.description}. "
                "Give it what is missing, or make the stream yourself: one that exists is never changed."
            ) from error
        raise
    return True


async def _change_stream(js: JetStreamContext, name: str, want: Mapping[str, object]) -> None:
    with translated(f"change the stream {name}"):
        have = (await js.stream_info(name)).config
        try:
            await js.update_stream(have.evolve(**want))
        except APIError as error:
            _raise_refused(error, f"stream {name}", f"nats stream backup {name} FOLDER, then nats stream rm {name}")
            raise


async def _change_consumer(js: JetStreamContext) -> None:
    with translated(f"change the consumer {CONSUMER}"):
        have = (await js.consumer_info(STORYBOARD, CONSUMER)).config
        try:
            await js.add_consumer(STORYBOARD, have.evolve(**WANTED_CONSUMER))
        except APIError as error:
            _raise_refused(error, f"consumer {CONSUMER}", f"nats consumer rm {STORYBOARD} {CONSUMER}")
            raise


def _raise_refused(error: APIError, thing: str, command: str) -> None:
    """Such a refusal is final: the server cannot change this field of an existing thing."""
    if error.code and error.code < SERVICE_UNAVAILABLE:
        raise Refused(
            f"the {thing} cannot be changed as it is: {error.description}. Delete it ({command}) "
            "while no approval is published and run `reelwright streams apply` again: it is made anew, "
            "and approvals that come again change nothing."
        ) from error


def _differences(
    thing: str, have: api.StreamConfig | api.ConsumerConfig | None, want: Mapping[str, object]
) -> Sequence[Difference]:
    if have is None:
        return [Difference(thing=thing, field="missing", have=None, want="made")]
    pairs = ((field, _plain(getattr(have, field)), _plain(value)) for field, value in want.items())
    return [
        Difference(thing=thing, field=field, have=is_now, want=wanted)
        for field, is_now, wanted in pairs
        if is_now != wanted
    ]


def _plain(value: object) -> Value:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, list):
        return tuple(sorted(str(one) for one in value))
    return value if isinstance(value, str | int | float) or value is None else str(value)
