"""The provider's list, read by all that look for a render at a time, and never anew where it is long.

It is read from the newest render back by the provider's own clock, over the hour for which it shows inputs. A list of
more than `MOST_PAGES_AT_ONCE` pages is read in several goes: each begins with what is new, continues where the one
before stopped, and waits longer than the one before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from adapters import clock
from adapters.renderers.replicate.client import ListedPage, ReplicateClient
from adapters.renderers.replicate.http import Call
from adapters.renderers.replicate.kept_input import kept_input
from adapters.renderers.replicate.matching import ShownRender
from adapters.renderers.replicate.prediction import Prediction
from domain.errors import Refused, Unavailable

LISTED = timedelta(hours=1)
"""After this time the list shows no inputs any more."""
READ_BACK = timedelta(hours=2)
"""Further than that, since the time of an answer may be that of a gateway whose clock is wrong."""
LAG = timedelta(minutes=5)
"""How late a render may appear in the list at its place: so far back what was read is read again."""
FEW_PAGES = 10
"""A list of so many pages is read anew each time."""
MOST_PAGES_AT_ONCE, MOST_PAGES = 100, 1000
MOST_KEPT_BYTES = 128 << 20
SHORTEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 5.0, 60.0
GIVEN_UP_SECONDS = 600.0
MOST_FAILURES = 3
"""After so many failures in a row a long list is read anew: an address in it may have expired."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListReading:
    """What the list showed. `complete_since` is by our clock; None: all that there ever was."""

    renders: tuple[ShownRender, ...]
    complete_since: datetime | None


class UnfinishedReading(Unavailable):
    """The list was not read to its end; `renders` are those that were read, until `read_at` by our clock."""

    def __init__(
        self, reason: str, *, renders: tuple[ShownRender, ...], read_at: datetime | None, retry_after_seconds: float
    ) -> None:
        super().__init__(reason, retry_after_seconds=retry_after_seconds)
        self.renders = renders
        self.read_at = read_at


@dataclass(slots=True, kw_only=True)
class _Stretch:
    """A part of the list that is not read to its end: the call for its next page, and where it meets what is known."""

    until: datetime | None
    call: Call | None = None
    visited: set[str] = field(default_factory=set)

    def go_on_at(self, call: Call) -> None:
        """Note the next page. Raises Unavailable where it was read before."""
        if call.path in self.visited:
            raise Unavailable("The provider's list goes round in a circle, at an address that is not followed")
        self.visited.add(call.path)
        self.call = call


@dataclass(slots=True, kw_only=True)
class _Kept:
    """What was read so far, and what is still to be read, the newest part last. Times are the provider's."""

    renders: dict[str, ShownRender] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    size_bytes: int = 0
    stretches: list[_Stretch] = field(default_factory=list)
    newest: datetime | None = None
    whole_at: datetime | None = None
    """When it was read to its end for the first time."""
    pages: int = 0
    goes: int = 0
    failures: int = 0

    @property
    def since(self) -> datetime | None:
        """Return how far back the list is read; None: to its end."""
        return None if self.newest is None else self.newest - READ_BACK

    @property
    def comparable(self) -> tuple[ShownRender, ...]:
        """Return the renders without those that are too old to have an input."""
        oldest = None if self.newest is None else self.newest - LISTED
        return tuple(
            one
            for one in self.renders.values()
            if one.input is not None or oldest is None or one.created_at is None or one.created_at >= oldest
        )

    def keep(self, items: tuple[Prediction, ...]) -> None:
        """Keep renders; what was once shown of an input is not lost where it is removed or redacted later."""
        for item in items:
            known = self.renders.get(item.id)
            if known is not None and known.input is not None:
                continue
            content, size = kept_input(item.input)
            self.size_bytes += size - self.sizes.get(item.id, 0)
            self.sizes[item.id] = size
            self.renders[item.id] = ShownRender(
                id=item.id,
                model=item.model,
                version=item.version,
                deployment=item.deployment,
                created_at=item.created_at,
                input=content,
            )

    def begin(self, page: ListedPage) -> None:
        """Begin a stretch with the newest page of the list, and drop what is too old by now."""
        until = None if self.newest is None else self.newest - LAG
        self.newest = page.seen_at
        since = self.since
        for old in [one.id for one in self.renders.values() if since and one.created_at and one.created_at < since]:
            del self.renders[old]
            self.size_bytes -= self.sizes.pop(old)
        self.stretches.append(_Stretch(until=until))
        self.take(page)

    def take(self, page: ListedPage) -> None:
        """Keep a page of the newest stretch, which ends with the list, or where a whole page is older than needed."""
        stretch = self.stretches[-1]
        self.keep(page.items)
        self.pages += 1
        ends = [time for time in (stretch.until, self.since) if time is not None]
        is_past = bool(page.items and ends) and all(
            item.created_at is not None and item.created_at < max(ends) for item in page.items
        )
        if page.following is None or is_past:
            self.stretches.pop()
        else:
            stretch.go_on_at(page.following)


class RenderList:
    """Reads the list for whoever looks: those who come while it is read share the next reading."""

    def __init__(self, client: ReplicateClient, *, monotonic: Callable[[], float] = clock.monotonic) -> None:
        self._client = client
        self._monotonic = monotonic
        self._lock = asyncio.Lock()
        self._begun = 0
        self._outcome: ListReading | Unavailable | Refused | None = None
        self._kept = _Kept()
        self._not_before = float("-inf")
        self._given_up: Refused | None = None

    async def read(self) -> ListReading:
        """Return a reading that began after this call.

        Raises UnfinishedReading (it goes on later), Unavailable, Refused (it is too long to be read to its end).
        """
        begun = self._begun
        async with self._lock:
            if self._outcome is None or self._begun == begun:
                self._begun, self._outcome = self._begun + 1, None
                self._outcome = await self._try()
            outcome = self._outcome
        if isinstance(outcome, ListReading):
            return outcome
        raise outcome.with_traceback(None)

    async def _try(self) -> ListReading | Unavailable | Refused:
        try:
            return await self._read()
        except (Unavailable, Refused) as error:
            return error

    async def _read(self) -> ListReading:
        wait_seconds = self._not_before - self._monotonic()
        if wait_seconds > 0:
            raise self._given_up or self._unfinished(wait_seconds)
        self._given_up = None
        try:
            read_at, pages = await self._begin(), 1
            while self._kept.stretches and pages < MOST_PAGES_AT_ONCE and self._kept.size_bytes <= MOST_KEPT_BYTES:
                self._kept.take(await self._client.page(self._kept.stretches[-1].call))
                pages += 1
        except Unavailable:
            self._failed()
            raise
        if self._kept.stretches:
            raise self._slow_down()
        return self._finished(read_at)

    async def _begin(self) -> datetime | None:
        """Read the newest page, and return its time by our clock; None where the provider sends no time."""
        page, kept = await self._client.page(None), self._kept
        is_old = kept.whole_at and page.seen_at and page.seen_at - kept.whole_at > LISTED
        was_set_back = kept.newest and page.seen_at and page.seen_at < kept.newest - LAG
        if is_old or was_set_back:
            self._kept = kept = _Kept()
        kept.begin(page)
        return None if page.seen_at is None else self._client.ours(page.seen_at)

    def _failed(self) -> None:
        self._kept.failures += 1
        if self._kept.pages <= FEW_PAGES or self._kept.failures >= MOST_FAILURES:
            self._kept = _Kept()

    def _slow_down(self) -> Unavailable | Refused:
        """Return the error that says when to go on, or that the list is too long."""
        kept = self._kept
        kept.failures, kept.goes = 0, kept.goes + 1
        if kept.pages >= MOST_PAGES or kept.size_bytes > MOST_KEPT_BYTES:
            self._given_up = Refused(
                f"the provider's list of one hour has more than {kept.pages} pages: it cannot be read to its end"
            )
            self._kept, self._not_before = _Kept(), self._monotonic() + GIVEN_UP_SECONDS
            log.error("replicate_list_too_long", pages=kept.pages)
            return self._given_up
        wait_seconds = min(SHORTEST_WAIT_SECONDS * 2 ** (kept.goes - 1), LONGEST_WAIT_SECONDS)
        self._not_before = self._monotonic() + wait_seconds
        log.warning("replicate_list_is_long", pages=kept.pages, wait_seconds=wait_seconds)
        return self._unfinished(wait_seconds)

    def _unfinished(self, wait_seconds: float) -> UnfinishedReading:
        return UnfinishedReading(
            f"The provider's list is longer than {MOST_PAGES_AT_ONCE} pages: it is read on",
            renders=self._kept.comparable,
            read_at=None if self._kept.newest is None else self._client.ours(self._kept.newest),
            retry_after_seconds=wait_seconds,
        )

    def _finished(self, read_at: datetime | None) -> ListReading:
        kept = self._kept
        is_long = kept.pages > FEW_PAGES or kept.whole_at is not None
        if is_long and kept.newest is not None:
            kept.whole_at = kept.whole_at or kept.newest
            kept.pages = kept.goes = kept.failures = 0
        else:
            self._kept = _Kept()
        return ListReading(renders=kept.comparable, complete_since=None if read_at is None else read_at - LISTED)
