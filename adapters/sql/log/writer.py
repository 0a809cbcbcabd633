"""Group commit: one task drains the queue of appends, writes each batch in one transaction and answers the callers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from adapters.sql.database import Database
from adapters.sql.failures import ConnectionLost, Rejected
from adapters.sql.log import conflicts, lookups
from adapters.sql.log.append_postgres import PostgresLog
from adapters.sql.log.append_sqlite import SqliteLog
from adapters.sql.log.recording_clock import RecordingClock
from adapters.sql.log.seal import Head, PendingAppend, Sealed, seal
from adapters.sql.log.versions import KnownVersions
from domain.errors import ReelwrightError, Unavailable
from domain.records import Lease, Recorded
from domain.times import read_time

MOST_ENTRIES = 512
MOST_CHARS = 8 * 1024 * 1024
"""Limits of one transaction: others wait for it, and it costs memory."""
MOST_WAITING = 4096
MOST_TRIES = 200
GIVE_UP_SECONDS = 10.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.05, 0.5
CLOSE_SECONDS = 1.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class QueuedAppend:
    """An append and the future on which its caller waits; of a cancelled caller it is done."""

    pending: PendingAppend
    answer: asyncio.Future[tuple[Recorded, ...]]


class GroupWriter:
    """The only task of this process that appends. `start` it; `close` waits for its end."""

    def __init__(
        self,
        database: Database,
        log: PostgresLog | SqliteLog,
        *,
        clock: RecordingClock,
        committed: Callable[[int], None],
    ) -> None:
        self._database, self._log = database, log
        self._clock, self._committed = clock, committed
        self._queue: asyncio.Queue[QueuedAppend | None] = asyncio.Queue(MOST_WAITING)
        self._versions = KnownVersions()
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self._refused_at: Head | None = None
        """The head on which the last commit was refused."""

    def start(self) -> None:
        """Start the task."""
        self._task = asyncio.create_task(self._run(), name="group-writer")

    async def close(self) -> None:
        """Write the appends that wait, then stop."""
        if self._task is None or self._closing:
            return
        self._closing = True
        await self._queue.put(None)
        try:
            await asyncio.wait_for(self._task, CLOSE_SECONDS)
        except TimeoutError:
            log.warning("append_queue_abandoned", waiting=self._queue.qsize())
        rest = [self._queue.get_nowait() for _ in range(self._queue.qsize())]
        _fail((queued for queued in rest if queued is not None), Unavailable("the event store is closed"))
        await self._log.close()

    async def append(self, pending: PendingAppend) -> tuple[Recorded, ...]:
        """Wait until it is committed. Raises what the event store says of `append`."""
        if self._task is None or self._closing:
            raise Unavailable("the event store is closed")
        queued = QueuedAppend(pending, asyncio.get_running_loop().create_future())
        await self._queue.put(queued)
        return await queued.answer

    async def _run(self) -> None:
        while (first := await self._queue.get()) is not None:
            batch, is_last = self._next_batch(first)
            try:
                await self._answer_all(batch)
            finally:
                _fail(batch, Unavailable("the event store was stopped while it wrote"))
            if is_last:
                return

    async def _answer_all(self, batch: Sequence[QueuedAppend]) -> None:
        """Answer every caller. An unexpected error fails only the append that caused it."""
        try:
            await self._write_or_retry(batch)
        except ReelwrightError as error:
            self._versions.forget()
            _fail(batch, error)
        except Exception as error:  # noqa: BLE001 - the outermost loop: one bad append must not end all writing
            self._versions.forget()
            if len(batch) > 1:
                for queued in batch:
                    await self._answer_all([queued])
                return
            log.error("append_failed", job_id=batch[0].pending.job_id, error=repr(error))  # noqa: TRY400 - the caller has it
            _resolve(batch[0], error)

    def _next_batch(self, first: QueuedAppend) -> tuple[list[QueuedAppend], bool]:
        """Return the appends that wait, up to the limits of a transaction, and whether the queue was closed."""
        batch, chars = [first], first.pending.size_chars
        while len(batch) < MOST_ENTRIES and chars < MOST_CHARS and not self._queue.empty():
            queued = self._queue.get_nowait()
            if queued is None:
                return batch, True
            batch.append(queued)
            chars += queued.pending.size_chars
        return batch, False

    async def _write_or_retry(self, batch: Sequence[QueuedAppend]) -> None:
        """Answer every caller. After a lost connection the next try looks whether the batch was written."""
        give_up_at = asyncio.get_running_loop().time() + GIVE_UP_SECONDS
        pause = FIRST_PAUSE_SECONDS
        for _ in range(MOST_TRIES):
            waiting = [queued for queued in batch if not queued.answer.done()]
            if not waiting:
                return
            try:
                await self._try(waiting)
            except ConnectionLost as error:
                self._versions.forget()
                if asyncio.get_running_loop().time() + pause > give_up_at:
                    raise Unavailable(str(error)) from error
                log.warning("append_interrupted", reason=str(error), entries=len(waiting))
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
        raise Unavailable("too many other processes write to the log")

    async def _try(self, waiting: Sequence[QueuedAppend]) -> None:
        """Write what follows the known versions, and answer the rest by what is stored."""
        if self._clock.has_jumped():
            self._versions.forget()
        unknown = self._versions.unknown([queued.pending for queued in waiting])
        if unknown is not None:
            await self._learn(unknown)
        refused_at, self._refused_at = self._refused_at, None
        if refused_at == self._versions.head:
            await self._answer_conflicts(waiting)  # the head has not moved: somebody's lease is lost
            return
        following, others = self._split(waiting)
        if following:
            await self._write(following)
        if others:
            await self._answer_conflicts(others)

    async def _learn(self, job_ids: Sequence[str]) -> None:
        """Read where the log ends, and what time it is there."""
        asked_at = self._clock.own()
        state = await self._database.read(partial(lookups.state, job_ids=job_ids))
        if state.database_time is not None:
            self._clock.compare(state.database_time, asked_at=asked_at)
        self._clock.check_last(read_time(state.head.recorded_at))
        self._versions.learn(state.head, state.versions)

    def _split(self, waiting: Sequence[QueuedAppend]) -> tuple[list[QueuedAppend], list[QueuedAppend]]:
        """Return the appends that follow the last version of their job, within this batch too, and the others."""
        following, others = [], []
        reached: dict[str, int] = {}
        released: set[Lease | None] = set()
        for queued in waiting:
            pending = queued.pending
            version = reached.get(pending.job_id, self._versions.of(pending.job_id))
            if version == pending.base_version and pending.entry.lease not in released:
                following.append(queued)
                reached[pending.job_id] = pending.entry.job.version
                if pending.entry.release:
                    released.add(pending.entry.lease)
            else:
                others.append(queued)
        return following, others

    async def _write(self, batch: Sequence[QueuedAppend]) -> None:
        appends = [queued.pending for queued in batch]
        sealed = seal(appends, head=self._versions.head, now=self._clock.now())
        try:
            committed = await self._log.commit(sealed)
        except Rejected as error:
            self._versions.forget()
            await self._find_rejected(batch, error)
            return
        if not committed:
            self._versions.forget()
            self._refused_at = sealed.before
            return
        self._versions.advance(appends, sealed.after)
        _answer(batch, sealed)
        self._committed(sealed.after.position)

    async def _find_rejected(self, batch: Sequence[QueuedAppend], error: Rejected) -> None:
        """Halve the batch until the append that the database rejects is alone, so that the others are written."""
        if len(batch) > 1:
            middle = len(batch) // 2
            await self._write_or_retry(batch[:middle])
            await self._write_or_retry(batch[middle:])
            return
        pending = batch[0].pending
        (result,) = await self._database.read(partial(conflicts.results, appends=[pending]))
        _resolve(batch[0], result or await self._database.read(partial(conflicts.rejection, pending=pending)) or error)

    async def _answer_conflicts(self, batch: Sequence[QueuedAppend]) -> None:
        """Answer by what is stored; what can be written after all waits for the next try, with versions read again."""
        self._versions.forget()
        appends = [queued.pending for queued in batch]
        results = await self._database.read(partial(conflicts.results, appends=appends))
        for queued, result in zip(batch, results, strict=True):
            if result is not None:
                _resolve(queued, result)


def _answer(batch: Sequence[QueuedAppend], sealed: Sealed) -> None:
    recorded_at = read_time(sealed.after.recorded_at)
    position = sealed.before.position
    for queued in batch:
        pending = queued.pending
        recorded = tuple(
            Recorded(
                position=position + offset,
                job_id=pending.job_id,
                version=pending.base_version + offset,
                event_id=new.event_id,
                event=new.event,
                recorded_at=recorded_at,
                metadata=pending.entry.metadata,
            )
            for offset, new in enumerate(pending.entry.events, start=1)
        )
        position += len(recorded)
        _resolve(queued, recorded)


def _resolve(queued: QueuedAppend, result: tuple[Recorded, ...] | Exception) -> None:
    if queued.answer.done():
        return
    if isinstance(result, Exception):
        queued.answer.set_exception(result)
    else:
        queued.answer.set_result(result)


def _fail(batch: Iterable[QueuedAppend], error: ReelwrightError) -> None:
    """Give every waiting caller an error of its own: one raised in several tasks collects their tracebacks."""
    for queued in batch:
        if not queued.answer.done():
            copy = type(error)(*error.args)
            copy.__cause__ = error
            queued.answer.set_exception(copy)
