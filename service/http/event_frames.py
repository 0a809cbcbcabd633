"""Events as frames of a live stream: what the bus announces of each, its position, and the job as it is then."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import msgspec
import structlog

from domain.errors import IllegalMove
from domain.job import Job, evolve
from domain.records import Recorded
from domain.summary import summarize
from domain.times import time_text
from service.jobs.event_store import EventStore
from service.jobs.views import summary_view, to_json
from service.log_readers.announcements import announcements

log = structlog.get_logger()

MOST_JOBS: Final = 5000
"""States that are kept between two events of a job; of others the history is read again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One event, ready to be sent."""

    position: int
    job_id: str
    text: bytes


def frame(kind: str, position: int, body: object) -> bytes:
    """Return a frame as `text/event-stream` has it; JSON of this encoder has no line breaks."""
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (position, kind.encode(), to_json(body))


class Framer:
    """Makes frames of events that come in order; remembers how far each job is."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._known: OrderedDict[str, tuple[Job, datetime]] = OrderedDict()

    async def frames(self, page: Iterable[Recorded]) -> list[Frame]:
        """Return the frames of these events; one that cannot be folded is left out and logged. Raises Unavailable."""
        made = []
        for recorded in page:
            try:
                made.append(await self._frame(recorded))
            except IllegalMove:
                log.exception("event_not_folded", job_id=recorded.job_id, version=recorded.version)
        return made

    async def _frame(self, recorded: Recorded) -> Frame:
        job, created_at = await self._after(recorded)
        self._remember(job, created_at)
        said = msgspec.json.decode(announcements(recorded, job)[0].body)
        summary = summarize(job, created_at=created_at, updated_at=recorded.recorded_at, position=recorded.position)
        body = {
            **said,
            "position": recorded.position,
            "version": recorded.version,
            "event_id": recorded.event_id,
            "recorded_at": time_text(recorded.recorded_at),
            "job": summary_view(summary),
        }
        text = frame(type(recorded.event).__name__, recorded.position, body)
        return Frame(position=recorded.position, job_id=recorded.job_id, text=text)

    async def _after(self, recorded: Recorded) -> tuple[Job, datetime]:
        job, created_at = self._known.get(recorded.job_id, (Job(job_id=recorded.job_id), recorded.recorded_at))
        if job.version == recorded.version - 1:
            return evolve(job, recorded.event), created_at
        history = await self._store.history(recorded.job_id, upto_version=recorded.version)
        job = Job(job_id=recorded.job_id)
        for earlier in history:
            job = evolve(job, earlier.event)
        return job, history[0].recorded_at

    def _remember(self, job: Job, created_at: datetime) -> None:
        # Addresses can be whole images, and no frame shows them.
        scenes = tuple(replace(scene, image_url="") for scene in job.storyboard) if job.version == 1 else job.storyboard
        self._known[job.job_id] = replace(job, storyboard=scenes), created_at
        self._known.move_to_end(job.job_id)
        if len(self._known) > MOST_JOBS:
            self._known.popitem(last=False)
