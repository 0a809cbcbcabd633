"""Group commit: one task drains the queue of appends, writes each batch in one transaction and answers the callers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog

from adapters.sql import lookups
from adapters.sql.codec import read_time
from adapters.sql.database import Database
from adapters.sql.failures import ConnectionLost, Rejected
from adapters.sql.judge import Judge, Verdict
from adapters.sql.seal import Draft, Head, Sealed, seal
from adapters.sql.versions import Versions
from domain.errors import ReelwrightError, Unavailable
from domain.ports import Lease, Recorded

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
class Waiting:
    """A caller and what it wants written. A cancelled caller's answer is done: nothing more is owed to it."""

    draft: Draft
    answer: asyncio.Future[tuple[Recorded, ...]]


class GroupWriter:
    """The only task of this process that appends. `start` it, `close` it: it is then awaited."""

    def __init__(
        self, database: Database, log: Log, *, now: Callable[[], datetime], committed: Callable[[int], None]
    ) -> None:
        self._database, self._log, self._judge = database, log, Judge(database=database)
        self._now, self._committed = now, committed
        self._queue: asyncio.Queue[Waiting | None] = asyncio.Queue(MOST_WAITING)
        self._versions = Versions()
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

    async def append(self, draft: Draft) -> tuple[Recorded, ...]:
        """Wait until the draft is committed or judged."""
        if self._task is None or self._closing:
            raise Unavailable("the event store is closed")
        waiting = Waiting(draft, asyncio.get_running_loop().create_future())
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

    async def _serve(self, batch: Sequence[Waiting]) -> None:
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
            log.error("append_failed", job_id=batch[0].draft.job_id, error=repr(error))  # noqa: TRY400 - the caller has it
            _resolve(batch[0], error)

    def _drain(self, first: Waiting) -> tuple[list[Waiting], bool]:
        """Take what is waiting, up to the limits of a transaction; tell whether the end of the queue was among it."""
        batch, chars = [first], first.draft.size_chars
        while len(batch) < MOST_ENTRIES and chars < MOST_CHARS and not self._queue.empty():
            waiting = self._queue.get_nowait()
            if waiting is None:
                return batch, True
            batch.append(waiting)
            chars += waiting.draft.size_chars
        return batch, False

    def _rest(self) -> list[Waiting]:
        rest = [self._queue.get_nowait() for _ in range(self._queue.qsize())]
        return [waiting for waiting in rest if waiting is not None]

    async def _settle(self, batch: Sequence[Waiting]) -> None:
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

    async def _try(self, waiting: Sequence[Waiting]) -> None:
        """Write what fits onto the versions that are known, and judge the rest by what is stored."""
        drafts = [one.draft for one in waiting]
        unknown = self._versions.unknown(drafts)
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

    def _sort(self, waiting: Sequence[Waiting]) -> tuple[list[Waiting], list[Waiting]]:
        """Tell apart what follows the last version of its job, within this batch too, and what does not."""
        fit, late = [], []
        reached: dict[str, int] = {}
        released: set[Lease | None] = set()
        for one in waiting:
            draft = one.draft
            version = reached.get(draft.job_id, self._versions.of(draft.job_id))
            if version == draft.base_version and draft.entry.lease not in released:
                fit.append(one)
                reached[draft.job_id] = draft.entry.job.version
                if draft.entry.release:
                    released.add(draft.entry.lease)
            else:
                late.append(one)
        return fit, late

    async def _write(self, fit: Sequence[Waiting]) -> None:
        sealed = seal([one.draft for one in fit], head=self._versions.head, now=self._now())
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
        self._versions.advance([one.draft for one in fit], sealed.after)
        _answer(fit, sealed)
        self._committed(sealed.after.position)

    async def _find_guilty(self, fit: Sequence[Waiting], error: Rejected) -> None:
        """Halve the batch until the entry that the database refuses stands alone: the others must not suffer for it."""
        if len(fit) > 1:
            middle = len(fit) // 2
            await self._settle(fit[:middle])
            await self._settle(fit[middle:])
            return
        (verdict,) = await self._judge.verdicts([fit[0].draft])
        _resolve(fit[0], verdict or await self._judge.rejection(fit[0].draft, error))

    async def _answer_late(self, late: Sequence[Waiting]) -> None:
        """Answer by what is stored; who fits after all stays open for the next try, with versions read anew."""
        self._versions.forget()
        verdicts = await self._judge.verdicts([one.draft for one in late])
        for one, verdict in zip(late, verdicts, strict=True):
            if verdict is not None:
                _resolve(one, verdict)


def _answer(fit: Sequence[Waiting], sealed: Sealed) -> None:
    recorded_at = read_time(sealed.after.recorded_at)
    position = sealed.before.position
    for one in fit:
        draft = one.draft
        recorded = tuple(
            Recorded(
                position=position + offset,
                job_id=draft.job_id,
                version=draft.base_version + offset,
                event_id=new.event_id,
                event=new.event,
                recorded_at=recorded_at,
                metadata=draft.entry.metadata,
            )
            for offset, new in enumerate(draft.entry.events, start=1)
        )
        position += len(recorded)
        _resolve(one, recorded)


def _resolve(one: Waiting, verdict: Verdict | BaseException) -> None:
    if one.answer.done() or verdict is None:
        return
    if isinstance(verdict, BaseException):
        one.answer.set_exception(verdict)
    else:
        one.answer.set_result(verdict)


def _fail(batch: Iterable[Waiting], error: ReelwrightError) -> None:
    """Give every open caller an error of its own: one that is raised in several tasks collects their tracebacks."""
    for one in batch:
        if not one.answer.done():
            copy = type(error)(*error.args)
            copy.__cause__ = error
            _resolve(one, copy)
