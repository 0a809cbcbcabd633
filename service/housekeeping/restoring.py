"""After a copy of the database was put back: finds what it has forgotten, and lets nothing be paid again by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from domain.errors import Unavailable
from domain.job import Job
from domain.rendering import ListedRender
from domain.times import time_text
from service.formats import money
from service.housekeeping.announced import AnnouncedEvent, LostEvents, is_later, read_body, would_pay_again
from service.housekeeping.forgotten import ForgottenJob, ForgottenJobs, Outcome, RestoreReport, UnownedRenders
from service.jobs.event_store import EventStore
from service.jobs.history import read_history
from service.jobs.operations import JobOperations

PAGE_JOBS = 200
PAGE_RENDERS = 200
LIST_MARGIN = timedelta(hours=1)
"""How far before the copy's last event the provider is asked: what was requested then may have been accepted later."""
STOPPED = "Restored from a copy: it may have been rendered since, a retry renders it again"


class LogEnd(Protocol):
    """The last event of the copy."""

    @property
    def position(self) -> int:
        """Its position, which is the number of events."""

    @property
    def recorded_at(self) -> datetime:
        """When it was recorded."""


class RestoredDatabase(Protocol):
    """The copy. Every method raises Unavailable."""

    async def mark(self, at: datetime, *, how: str) -> int:
        """Remember that it was restored; return the position of its last event. May be repeated."""

    async def end(self) -> LogEnd:
        """Return where its log ends."""

    async def stored_among(self, event_ids: Sequence[str]) -> frozenset[str]:
        """Return the ids of these that are events of the copy."""

    async def updated_at(self, job_ids: Sequence[str]) -> Mapping[str, datetime]:
        """Return when the last event of each of these jobs was recorded; unknown jobs are left out."""

    async def unfinished(self) -> int:
        """Return how many jobs have not ended."""

    async def unfinished_ids(self, *, limit: int) -> Sequence[str]:
        """Return up to `limit` of these jobs, oldest first."""


class Span(Protocol):
    """Where a stream begins and ends."""

    @property
    def first(self) -> int:
        """The first sequence that it still holds."""

    @property
    def last(self) -> int:
        """The last sequence that it gave; 0 where it never held anything."""


class ApprovalsAndAnnouncements(Protocol):
    """The two streams. Every method raises Unavailable."""

    async def rewind(self) -> int:
        """Let every approval come again, and return how many there are. Raises Refused."""

    async def span(self) -> Span:
        """Return where the stream of announcements begins and ends."""

    def announced(self) -> AsyncIterator[Sequence[AnnouncedEvent]]:
        """Yield the announcements, oldest first, in pages."""


class OwnedRenders(Protocol):
    """The renders that jobs own."""

    async def owned(self, account: str | None, render_ids: Sequence[str]) -> frozenset[str]:
        """Return the ids of these that belong to a job in that account. Raises Unavailable."""


class ProviderList(Protocol):
    """The provider's list of renders."""

    @property
    def account(self) -> str | None:
        """Whose list it is."""

    def created_since(self, since: datetime) -> AsyncIterator[ListedRender]:
        """Yield the renders created since then, newest first. Raises Unavailable when not all could be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoring:
    """Does all that follows a restore. No service may run; what was done may be done again."""

    database: RestoredDatabase
    streams: ApprovalsAndAnnouncements
    renders: OwnedRenders
    provider: ProviderList | None
    events: EventStore
    operations: JobOperations
    announced_upto: int
    """The last sequence of the stream that the copy knows of."""
    progress: Callable[[str], None]

    async def restore(self, at: datetime, *, how: str, stop_jobs: bool) -> RestoreReport:
        """Mark the restore, stop what would be paid again, and let approvals come again. Raises Unavailable, Refused.

        The mark is first and the approvals are last: they are held only because of the mark.
        """
        end = await self.database.end()
        position = await self.database.mark(at, how=how)
        forgotten = await self._forgotten(end, stop_jobs=stop_jobs)
        stopped = sum(job.outcome is Outcome.STOPPED for job in forgotten.jobs)
        if stop_jobs:
            stopped += await self._stop_all()
        unowned = None if self.provider is None else await self._unowned(self.provider, min(end.recorded_at, at))
        return RestoreReport(
            restored_at=at,
            position=position,
            last_event_at=end.recorded_at if position else None,
            forgotten=forgotten,
            stopped=stopped,
            unfinished=await self.database.unfinished(),
            approvals=await self.streams.rewind(),
            unowned=unowned,
        )

    async def _forgotten(self, end: LogEnd, *, stop_jobs: bool) -> ForgottenJobs:
        """Find what the stream knows and the copy does not, and stop the jobs that would be paid again."""
        span = await self.streams.span()
        lost, knows_copy = dict[str, LostEvents](), end.position == 0 and span.first <= 1
        read = 0
        async for page in self.streams.announced():
            stored = await self.database.stored_among([message.event_id for message in page])
            knows_copy = knows_copy or bool(stored)
            await self._collect(lost, [message for message in page if message.event_id not in stored])
            read += len(page)
            self.progress(f"{read} announcements read")
        nothing_since = span.last > 0 and span.last == self.announced_upto
        jobs = [await self._decide(job_id, one, stop_jobs=stop_jobs) for job_id, one in lost.items()]
        return ForgottenJobs(jobs=tuple(jobs), is_complete=knows_copy or nothing_since)

    async def _collect(self, lost: dict[str, LostEvents], messages: Sequence[AnnouncedEvent]) -> None:
        read = [(body, message.render_id) for message in messages if (body := read_body(message.body)) is not None]
        if not read:
            return
        updated_at = await self.database.updated_at([*{body.job_id for body, _ in read}])
        for body, render_id in read:
            if body.job_id in updated_at and not is_later(body, updated_at[body.job_id]):
                continue
            one = LostEvents.of(body, render_id=render_id)
            lost[body.job_id] = lost[body.job_id].then(one) if body.job_id in lost else one

    async def _decide(self, job_id: str, lost: LostEvents, *, stop_jobs: bool) -> ForgottenJob:
        history = await read_history(self.events, job_id)
        job = None if history is None else history.job
        outcome = _outcome(job, lost, stop_jobs=stop_jobs)
        if outcome is Outcome.STOPPED:
            await self.operations.stop(job_id, reason=_reason(lost))
        return ForgottenJob(job_id=job_id, status=None if job is None else str(job.status), lost=lost, outcome=outcome)

    async def _stop_all(self) -> int:
        """End every job that has not ended and return how many; their open renders are cancelled and settled later."""
        stopped = 0
        while job_ids := await self.database.unfinished_ids(limit=PAGE_JOBS):
            for job_id in job_ids:
                await self.operations.stop(job_id, reason=STOPPED)
            stopped += len(job_ids)
        return stopped

    async def _unowned(self, provider: ProviderList, until: datetime) -> UnownedRenders:
        """Ask the provider for renders that no job owns. What cannot be read does not hold up the rest."""
        listed, problem = list[ListedRender](), None
        try:
            async for render in provider.created_since(until - LIST_MARGIN):
                listed.append(render)
                self.progress(f"{len(listed)} renders of the provider's list read")
        except Unavailable as error:
            problem = str(error)
        owned = frozenset[str]()
        for begin in range(0, len(listed), PAGE_RENDERS):
            ids = [render.render_id for render in listed[begin : begin + PAGE_RENDERS]]
            owned |= await self.renders.owned(provider.account, ids)
        return UnownedRenders(
            renders=tuple(render for render in listed if render.render_id not in owned), problem=problem
        )


def _outcome(job: Job | None, lost: LostEvents, *, stop_jobs: bool) -> Outcome:
    if job is None:
        return Outcome.UNKNOWN
    if job.is_final:
        return Outcome.ENDED
    if stop_jobs or would_pay_again(job, lost):
        return Outcome.STOPPED
    return Outcome.NEEDS_OPERATOR if job.needs_operator else Outcome.GOES_ON


def _reason(lost: LostEvents) -> str:
    """Say what was announced of a job that is stopped: it begins as that of every job stopped after a restore."""
    render = "" if lost.render_id is None else f", render {lost.render_id}"
    cost = "" if lost.cost is None else f", {money(lost.cost)}"
    return (
        f"Restored from a copy: after the copy was made, {lost.last.event} was announced "
        f"({lost.last.status}, {time_text(lost.last.occurred_at, 'milliseconds')}{render}{cost}). "
        "It may be paid; a retry renders it again, and pays again"
    )
