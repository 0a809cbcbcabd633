"""The live stream (server-sent events): every event once and in order from any position on, as long as one keeps up."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from typing import Annotated, Final

import structlog
from fastapi import APIRouter, Header, Query
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from domain.errors import Unavailable
from domain.job_id import JOB_ID
from domain.summary import JobSummary
from service.http.dependencies import Dependencies
from service.http.event_frames import encode_frame, event_frame
from service.http.live_window import LiveWindow
from service.http.openapi import STREAM, errors, router_of
from service.http.problems import Problem
from service.jobs.folding import FoldedEvent
from service.jobs.history import read_history
from service.jobs.metrics import Metrics
from service.jobs.views import summary_view
from service.log_readers.reader import JobLog, LogReader

log = structlog.get_logger()

COMMENT_SECONDS: Final = 15.0
RECONNECT_MS: Final = 1000
MOST_STREAMS: Final = 1000
MOST_RESUMED: Final = 100_000
"""Events that a returning reader may have missed; behind more it gets a snapshot. One job is resumed however old."""
SNAPSHOT_JOBS: Final = 50
CHUNK_BYTES: Final = 64 * 1024
LARGEST_POSITION: Final = 2**63 - 1


def routes(dependencies: Dependencies, live_window: LiveWindow, metrics: Metrics) -> APIRouter:
    """Return the route of the live stream."""
    router, live = router_of("stream"), LiveStreams(dependencies, live_window, metrics)
    router.add_api_route(
        "/api/stream",
        live.stream,
        methods=["GET"],
        summary="Everything that happens, as it happens",
        responses={**STREAM, **errors(401, 422, 503)},
    )
    return router


class LiveStreams:
    """Opens streams."""

    def __init__(self, dependencies: Dependencies, live_window: LiveWindow, metrics: Metrics) -> None:
        self._dependencies = dependencies
        self._live_window = live_window
        self._metrics = metrics

    async def stream(
        self,
        job_id: Annotated[str | None, Query(pattern=f"^{JOB_ID.pattern}$", description="only this job")] = None,
        after: Annotated[int | None, Query(ge=0, le=LARGEST_POSITION, description="begin behind this position")] = None,
        last_event_id: Annotated[
            str | None, Header(description="the newest `id` that was seen; wins over `after`")
        ] = None,
    ) -> Response:
        """Follow the events of all jobs, or of one, from now on or from a position on."""
        begin = after if last_event_id is None else _read_position(last_event_id)
        if self._live_window.closed:
            raise Unavailable("the service is stopping", retry_after_seconds=1)
        if self._live_window.readers >= MOST_STREAMS:
            raise Problem("too_many_streams", f"{MOST_STREAMS} streams are open", headers={"Retry-After": "30"})
        held = AsyncExitStack()
        await held.enter_async_context(self._live_window.reading())
        self._metrics.streams.inc()
        held.callback(self._metrics.streams.dec)
        return _Stream(_Reader(self._dependencies, self._live_window, job_id=job_id, begin=begin), held)


class _Stream(StreamingResponse):
    """An open stream; the reader's place is given up however it ends."""

    media_type = "text/event-stream"

    def __init__(self, reader: _Reader, held: AsyncExitStack) -> None:
        super().__init__(reader.chunks(), headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._held:
            await super().__call__(scope, receive, send)


class _Reader:
    """One reader on its way along the log. `begin` is the position it has seen, None for one who begins now."""

    def __init__(
        self, dependencies: Dependencies, live_window: LiveWindow, *, job_id: str | None, begin: int | None
    ) -> None:
        self._dependencies = dependencies
        self._live_window = live_window
        self._job_id = job_id
        self._fresh = begin is None
        self._cursor = live_window.position if begin is None else begin

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the stream's bytes. When the log cannot be read it ends, and the reader comes back by itself."""
        yield b"retry: %d\n\n" % RECONNECT_MS
        if self._fresh:
            # An id without data: a reader whose line breaks before the first event resumes from here.
            yield b"id: %d\n\n" % self._cursor
        try:
            async for chunk in self._resume():
                yield chunk
            async for chunk in self._follow():
                yield chunk
        except Unavailable as error:
            log.warning("stream_ended", reason=str(error))

    async def _resume(self) -> AsyncIterator[bytes]:
        behind = self._live_window.position - self._cursor
        if behind < 0 or (behind > MOST_RESUMED and self._job_id is None):
            yield await self._snapshot()
        store = self._dependencies.store
        events = store if self._job_id is None else JobLog(store, self._job_id)
        reader = LogReader("stream", events, skips_illegal=True)
        while not self._live_window.closed and not self._live_window.covers(self._cursor):
            missed = await self._missed(reader, self._live_window.position)
            if missed:
                yield b"".join(event_frame(event).text for event in missed)

    async def _missed(self, reader: LogReader, upto: int) -> Sequence[FoldedEvent]:
        """Return what comes next up to `upto`, and move the cursor behind it."""
        page = await reader.page(after=self._cursor, stop=lambda recorded: recorded.position > upto)
        self._cursor = upto if page.position == page.after else page.position
        return page.events

    async def _follow(self) -> AsyncIterator[bytes]:
        monotonic = self._dependencies.clock.monotonic
        sent_at = monotonic()
        while not self._live_window.closed:
            chunk = self._new_frames() if self._live_window.covers(self._cursor) else await self._snapshot()
            if not chunk and monotonic() - sent_at >= COMMENT_SECONDS:
                chunk = b": still here\n\n"
            if chunk:
                yield chunk
                sent_at = monotonic()
            await self._live_window.wait(self._cursor, max(0.0, sent_at + COMMENT_SECONDS - monotonic()))

    def _new_frames(self) -> bytes:
        """Return the next frames of the window, at most about CHUNK_BYTES, and move the cursor behind them."""
        chunks, size = [], 0
        for item in self._live_window.after(self._cursor):
            self._cursor = item.position
            if self._job_id in {None, item.job_id}:
                chunks.append(item.text)
                size += len(item.text)
            if size >= CHUNK_BYTES:
                return b"".join(chunks)
        self._cursor = self._live_window.position
        return b"".join(chunks)

    async def _snapshot(self) -> bytes:
        """Return where everything stands, instead of what has happened meanwhile."""
        self._cursor = position = self._live_window.position
        jobs = await self._jobs()
        counts = await self._dependencies.jobs.counts()
        body = {"position": position, "counts": counts, "jobs": [summary_view(job) for job in jobs]}
        return encode_frame("snapshot", position, body)

    async def _jobs(self) -> Sequence[JobSummary]:
        if self._job_id is None:
            return (await self._dependencies.jobs.page(status=None, limit=SNAPSHOT_JOBS, after=None)).jobs
        history = await read_history(self._dependencies.store, self._job_id)
        return [history.summary] if history else []


def _read_position(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:  # noqa: PLR2004 - below 2**63
        raise Problem("invalid_parameter", f"Last-Event-ID: not a position: {text[:40]!r}")
    return int(text)
