"""Group commit: one task drains the queue of appends, writes each batch in one transaction and answers the callers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog

from adapters.sql.database import Database
from adapters.sql.failures import ConnectionLost, Rejected
from adapters.sql.log import lookups
from adapters.sql.log.conflicts import AppendResult, Conflicts
from adapters.sql.log.seal import Head, PendingAppend, Sealed, seal
from adapters.sql.log.versions import KnownVersions
from domain.errors import ReelwrightError, Unavailable
from domain.records import Lease, Recorded
from domain.times import read_time

MOST_ENTRIES = 512
MOST_CHARS = 8 * 1024 * 1024
"""Limits of one transaction: what it holds back others for, and what it costs in memory."""
MOST_WAITING = 4096
MOST_TRIES = 200
PATIENCE_SECONDS = 10.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.05, 0.5
CLOSE_SECONDS = 1.0

log = structlog.get_logger(__name__)


class Log(Protocol):
    """Where sealed batches go: one per dialect."""

    async def commit(self, sealed: Sealed) -> bool:
        """Write all of it, or nothing: False when the log has moved on or a lease is lost."""

    async def close(self) -> None:
        """Let go of what is held."""


@dataclass(frozen=True, slots=True, eq=False)
class QueuedAppend:
    """A caller and what it wants written. A cancelled caller's answer is done: nothing more is owed to it."""

    pending: PendingAppend
    answer: asyncio.Future[tuple[Recorded, ...]]


class GroupWriter:
    """The only task of this process that appends. `start` it, `close` it: it is then awaited."""

    def __init__(
        self, database: Database, log: Log, *, now: Callable[[], datetime], committed: Callable[[int], None]
    ) -> None:
        self._database, self._log, self._conflicts = database, log, Conflicts(database=database)
        self._now, self._committed = now, committed
        self._queue: asyncio.Queue[QueuedAppend | None] = asyncio.Queue(MOST_WAITING)
        self._versions = KnownVersions()
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self._lost_at: Head | None = None
        """The head on which the last commit was not taken."""

    def start(self) -> None:
        """Begin to write."""
        self._task = asyncio.create_task(self._run(), name="group-writer")

    async def close(self) -> None:
        """Write what is waiting, then stop."""
        if self._task is None or self._closing:
            return
        self._closing = True
        await self._queue.put(None)
        try:
            await asyncio.wait_for(self._task, CLOSE_SECONDS)
        except TimeoutError:
            log.warning("append_queue_abandoned", waiting=self._queue.qsize())
        _fail(self._rest(), Unavailable("the event store is closed"))
        await self._log.close()

    async def append(self, pending: PendingAppend) -> tuple[Recorded, ...]:
        """Wait until the draft is committed or judged."""
        if self._task is None or self._closing:
            raise Unavailable("the event store is closed")
        waiting = QueuedAppend(pending, asyncio.get_running_loop().create_future())
        await self._queue.put(waiting)
        return await waiting.answer

    async def _run(self) -> None:
        while (first := await self._queue.get()) is not None:
            batch, ends = self._drain(first)
            try:
                await self._serve(batch)
            finally:
                _fail(batch, Unavailable("the event store was stopped while it wrote"))
            if ends:
                return

    async def _serve(self, batch: Sequence[QueuedAppend]) -> None:
        """Answer every caller, whatever happens. What nobody foresaw hits only the entry that brought it about."""
        try:
            await self._settle(batch)
        except ReelwrightError as error:
            self._versions.forget()
            _fail(batch, error)
        except Exception as error:  # noqa: BLE001 - the outermost loop: one bad entry must not end all writing
            self._versions.forget()
            if len(batch) > 1:
                for one in batch:
                    await self._serve([one])
                return
            log.error("append_failed", job_id=batch[0].pending.job_id, error=repr(error))  # noqa: TRY400 - the caller has it
            _resolve(batch[0], error)

    def _drain(self, first: QueuedAppend) -> tuple[list[QueuedAppend], bool]:
        """Take what is waiting, up to the limits of a transaction; tell whether the end of the queue was among it."""
        batch, chars = [first], first.pending.size_chars
        while len(batch) < MOST_ENTRIES and chars < MOST_CHARS and not self._queue.empty():
            waiting = self._queue.get_nowait()
            if waiting is None:
                return batch, True
            batch.append(waiting)
            chars += waiting.pending.size_chars
        return batch, False

    def _rest(self) -> list[QueuedAppend]:
        rest = [self._queue.get_nowait() for _ in range(self._queue.qsize())]
        return [waiting for waiting in rest if waiting is not None]

    async def _settle(self, batch: Sequence[QueuedAppend]) -> None:
        """Answer every caller. A lost connection leaves open whether the batch was written: the next try looks."""
        give_up_at = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        pause = FIRST_PAUSE_SECONDS
        for _ in range(MOST_TRIES):
            waiting = [one for one in batch if not one.answer.done()]
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
        """Write what fits onto the versions that are known, and judge the rest by what is stored."""
        appends = [one.pending for one in waiting]
        unknown = self._versions.unknown(appends)
        if unknown is not None:
            self._versions.learn(*await self._database.read(lambda connection: lookups.state(connection, unknown)))
        lost_at, self._lost_at = self._lost_at, None
        if lost_at == self._versions.head:
            await self._answer_late(waiting)  # it was not the head that had moved: somebody's lease is lost
            return
        fit, late = self._sort(waiting)
        if fit:
            await self._write(fit)
        if late:
            await self._answer_late(late)

    def _sort(self, waiting: Sequence[QueuedAppend]) -> tuple[list[QueuedAppend], list[QueuedAppend]]:
        """Tell apart what follows the last version of its job, within this batch too, and what does not."""
        fit, late = [], []
        reached: dict[str, int] = {}
        released: set[Lease | None] = set()
        for one in waiting:
            pending = one.pending
            version = reached.get(pending.job_id, self._versions.of(pending.job_id))
            if version == pending.base_version and pending.entry.lease not in released:
                fit.append(one)
                reached[pending.job_id] = pending.entry.job.version
                if pending.entry.release:
                    released.add(pending.entry.lease)
            else:
                late.append(one)
        return fit, late

    async def _write(self, fit: Sequence[QueuedAppend]) -> None:
        sealed = seal([one.pending for one in fit], head=self._versions.head, now=self._now())
        try:
            won = await self._log.commit(sealed)
        except Rejected as error:
            self._versions.forget()
            await self._find_guilty(fit, error)
            return
        if not won:
            self._versions.forget()
            self._lost_at = sealed.before
            return
        self._versions.advance([one.pending for one in fit], sealed.after)
        _answer(fit, sealed)
        self._committed(sealed.after.position)

    async def _find_guilty(self, fit: Sequence[QueuedAppend], error: Rejected) -> None:
        """Halve the batch until the entry that the database refuses stands alone: the others must not suffer for it."""
        if len(fit) > 1:
            middle = len(fit) // 2
            await self._settle(fit[:middle])
            await self._settle(fit[middle:])
            return
        (result,) = await self._conflicts.results([fit[0].pending])
        _resolve(fit[0], result or await self._conflicts.rejection(fit[0].pending, error))

    async def _answer_late(self, late: Sequence[QueuedAppend]) -> None:
        """Answer by what is stored; who fits after all stays open for the next try, with versions read anew."""
        self._versions.forget()
        results = await self._conflicts.results([one.pending for one in late])
        for one, result in zip(late, results, strict=True):
            if result is not None:
                _resolve(one, result)


def _answer(fit: Sequence[QueuedAppend], sealed: Sealed) -> None:
    recorded_at = read_time(sealed.after.recorded_at)
    position = sealed.before.position
    for one in fit:
        pending = one.pending
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
        _resolve(one, recorded)


def _resolve(one: QueuedAppend, result: AppendResult | BaseException) -> None:
    if one.answer.done() or result is None:
        return
    if isinstance(result, BaseException):
        one.answer.set_exception(result)
    else:
        one.answer.set_result(result)


def _fail(batch: Iterable[QueuedAppend], error: ReelwrightError) -> None:
    """Give every open caller an error of its own: one that is raised in several tasks collects their tracebacks."""
    for one in batch:
        if not one.answer.done():
            copy = type(error)(*error.args)
            copy.__cause__ = error
            _resolve(one, copy)
