"""The live stream (server-sent events): each event once, in order, from any position. Slow readers get snapshots."""

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
"""A reader who missed more events gets a snapshot, unless it reads one job only."""
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
    """Opens live streams."""

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
        """Follow the events of all jobs, or of one job, from now or from a position."""
        begin = after if last_event_id is None else _read_position(last_event_id)
        if self._live_window.closed:
            raise Unavailable("the service is stopping", retry_after_seconds=1)
        if self._live_window.readers >= MOST_STREAMS:
            raise Problem("too_many_streams", f"{MOST_STREAMS} streams are open", headers={"Retry-After": "30"})
        resources = AsyncExitStack()
        await resources.enter_async_context(self._live_window.reading())
        self._metrics.streams.inc()
        resources.callback(self._metrics.streams.dec)
        return _Stream(_Reader(self._dependencies, self._live_window, job_id=job_id, begin=begin), resources)


class _Stream(StreamingResponse):
    """An open stream; its resources are released however it ends."""

    media_type = "text/event-stream"

    def __init__(self, reader: _Reader, resources: AsyncExitStack) -> None:
        super().__init__(reader.chunks(), headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._resources = resources

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._resources:
            await super().__call__(scope, receive, send)


class _Reader:
    """One reader of the log. `begin` is the last position that it has seen, None when it begins now."""

    def __init__(
        self, dependencies: Dependencies, live_window: LiveWindow, *, job_id: str | None, begin: int | None
    ) -> None:
        self._dependencies = dependencies
        self._live_window = live_window
        self._job_id = job_id
        self._is_new = begin is None
        self._cursor = live_window.position if begin is None else begin

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the bytes of the stream. It ends when the log cannot be read; the client then connects again."""
        yield b"retry: %d\n\n" % RECONNECT_MS
        if self._is_new:
            # An id without data: a client whose connection breaks before the first event resumes from here.
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
        """Return the next events up to `upto`, and move the cursor behind them."""
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
        for frame in self._live_window.after(self._cursor):
            self._cursor = frame.position
            if self._job_id in {None, frame.job_id}:
                chunks.append(frame.text)
                size += len(frame.text)
            if size >= CHUNK_BYTES:
                return b"".join(chunks)
        self._cursor = self._live_window.position
        return b"".join(chunks)

    async def _snapshot(self) -> bytes:
        """Return a snapshot in place of the missed events, and move the cursor to the end of the window."""
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
