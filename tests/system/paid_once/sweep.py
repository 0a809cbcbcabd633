"""Kill at every write: a job's life is cut at one call after the other, and must end as if nothing had happened."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nats
from nats.js.errors import NotFoundError

from adapters.bus import streams
from tests.fixtures.nats import NatsServer
from tests.system.paid_once.bus import make_bus
from tests.system.paid_once.fork_server import ForkServer
from tests.system.paid_once.provider import Provider, approval_of, name_in
from tests.system.paid_once.stop_at import Kind, StopAt
from tests.system.paid_once.verdict import FINAL
from tests.system.paid_once.worker import Reelwright
from tests.system.running import run_verb

FINAL_EVENTS = {"VideoCompleted", "JobFailed", "JobCancelled"}
QUICK = {"REELWRIGHT_LEASE_SECONDS": "1.2", "REELWRIGHT_CREATE_SETTLE_SECONDS": "0.4"}
CALM = {"starting_seconds": 0.05, "render_seconds": 0.25, "video_seconds": 0.5}
JOB_SECONDS = 90.0
QUIET_SECONDS = 0.4
ACK_WAIT_SECONDS = 2.0
MOST_POINTS = 600
LANES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Right before the `number`-th call of a kind, counted from the approval or from the first call of `after`."""

    number: int
    kind: Kind = Kind.ANY
    after: Kind = Kind.ANY


NAMED = {
    "before the approval is committed": Point(number=1, kind=Kind.DB_SYNC),
    "before the create is sent": Point(number=1, kind=Kind.POST),
    "when the create is sent and its answer is not recorded": Point(number=1, kind=Kind.DB_WRITE, after=Kind.POST),
    "before the answer is committed": Point(number=1, kind=Kind.DB_SYNC, after=Kind.POST),
    "before the video is renamed": Point(number=1, kind=Kind.RENAME),
    "when the video is in its place and not recorded": Point(number=1, kind=Kind.DB_SYNC, after=Kind.RENAME),
    "when an event is committed and not announced": Point(number=1, kind=Kind.ANNOUNCE),
    "when an event is announced and that is not recorded": Point(number=1, kind=Kind.DB_WRITE, after=Kind.ANNOUNCE),
}


class Quick(Reelwright):
    """The service as a fork: it is started hundreds of times."""

    _fork_server: ForkServer | None = None

    def spawn(self, *arguments: str) -> None:
        assert not arguments
        if self._fork_server is None:
            self._fork_server = ForkServer(self.environment, cwd=self.data_dir.parent)
        self.process = self._fork_server.fork(self.log_path)  # type: ignore[assignment]

    def close(self) -> None:
        if self._fork_server is not None:
            self._fork_server.close()


class Sweep:
    """A service that is ended at points, each in the life of a job of its own, and started again."""

    def __init__(self, folder: Path, provider: Provider, bus: NatsServer, stop_at: StopAt) -> None:
        self._provider, self._stop_at = provider, stop_at
        data_dir = folder / "DATA"
        preload = stop_at.settings(data_dir, provider_port=provider.port, nats_port=bus.port)
        self._service = Quick(folder, provider, nats_url=bus.url, **QUICK, **preload)
        self._ended_at: dict[str, str] = {}
        self._jobs = 0

    async def start(self) -> None:
        """Start it, on a bus that brings an approval again soon when its taker died."""
        client = await nats.connect(self._service.nats_url)
        try:
            await make_bus(client, ack_wait_seconds=ACK_WAIT_SECONDS)
        finally:
            await client.close()
        await self._service.start()

    def close(self) -> None:
        self._service.kill()
        self._service.close()

    @property
    def ends(self) -> Counter[str]:
        """How often the service was ended before a call of each kind."""
        return Counter(self._ended_at.values())

    async def end_at(self, point: Point) -> bool:
        """Approve a job, end the service at that point of its life, start it and wait for the job's end.

        False when the job was complete, and everything announced, before the point came.
        """
        self._jobs += 1
        job_id = f"swept-{self._jobs}"
        self._stop_at.arm(point.number, kind=point.kind, after=point.after)
        await self._service.approve(approval_of(job_id))
        ended = await self._ends_before(job_id)
        self._stop_at.disarm()
        if ended:
            self._ended_at[job_id] = self._stop_at.seen[-1].name
            await self._service.start()
            job = await self._service.job_in(job_id, "completed", "failed", seconds=JOB_SECONDS)
            assert job["status"] == "completed", f"ended at {point}: {job}"
        return ended

    async def _ends_before(self, job_id: str) -> bool:
        deadline, quiet_since, seen = time.monotonic() + JOB_SECONDS, time.monotonic(), 0
        while time.monotonic() < deadline:
            if self._service.process is None or self._service.process.poll() is not None:
                return True
            if (count := len(self._stop_at.seen)) != seen:
                seen, quiet_since = count, time.monotonic()
            if time.monotonic() - quiet_since > QUIET_SECONDS and await self._is_announced(job_id):
                return False
            await asyncio.sleep(0.02)
        raise AssertionError(f"{job_id} neither ended nor was ended:\n{self._service.log_tail()}")

    async def _is_announced(self, job_id: str) -> bool:
        """Tell whether the last of last words is this job's: the jobs of a sweep come one after the other."""
        client = await nats.connect(self._service.nats_url)
        try:
            last = await client.jetstream().get_last_msg(streams.VIDEO, "video.completed")
        except NotFoundError:
            return False
        finally:
            await client.close()
        return bool(json.loads(last.data or b"{}")["job_id"] == job_id)

    async def problems(self) -> list[str]:
        """Return all that is not as it must be, after everything was announced; the service is stopped."""
        events = {job_id: await self._service.events(job_id) for job_id in self._ended_at}
        announced = await self._all_announced(sum(map(len, events.values())))
        creates = Counter(name_in(line["input"]) for line in self._provider.creates)
        found = [
            f"{job_id}, ended before {self._ended_at[job_id]}: {what}"
            for job_id in self._ended_at
            for what in _wrong(events[job_id], [one for one in announced if one["job_id"] == job_id], creates[job_id])
        ]
        self._service.stop()
        verified = run_verb(self._service, "replay", "--verify")
        return [*found, *([verified.stdout + verified.stderr] if verified.returncode else [])]

    async def _all_announced(self, events: int) -> list[dict[str, Any]]:
        async def enough() -> list[dict[str, Any]] | None:
            announced = await self._service.announced()
            jobs = {str(body["job_id"]) for body in announced if body["subject"] in FINAL}
            headline = sum(body["subject"] == "video.progress" for body in announced)
            return announced if headline >= events and jobs >= set(self._ended_at) else None

        return list(await self._service.until(enough, what="all announcements"))


def _wrong(events: list[dict[str, Any]], announced: list[dict[str, Any]], creates: int) -> Iterator[str]:
    if creates != 1:
        yield f"{creates} creates"
    if [event["version"] for event in events] != list(range(1, len(events) + 1)):
        yield "its versions have a gap"
    if sum(event["type"] in FINAL_EVENTS for event in events) != 1:
        yield f"not one final event: {json.dumps([event['type'] for event in events])}"
    progress = [body["sequence"] for body in announced if body["subject"] == "video.progress"]
    if progress != list(range(1, len(events) + 1)):
        yield f"announced were {progress} of {len(events)}"
    if sum(body["subject"] in FINAL for body in announced) != 1:
        yield "not one last word was announced"


@contextmanager
def sweeping() -> Iterator[Sweep]:
    """A calm provider, a bus, and a service that can be ended at points. Raises CannotStop."""
    with (
        tempfile.TemporaryDirectory(prefix="reelwright-sweep-") as folder,
        StopAt(Path(folder)) as stop_at,
        NatsServer(sync_always=True) as bus,
        Provider(Path(folder), **CALM) as provider,
    ):
        sweep = Sweep(Path(folder), provider, bus, stop_at)
        try:
            yield sweep
        finally:
            sweep.close()


async def sweep_points(points: Iterable[Point]) -> tuple[Counter[str], list[str]]:
    """End a service at these points until one is behind the job's end; return the points by kind, and the problems."""
    with sweeping() as sweep:
        await sweep.start()
        for point in points:
            if not await sweep.end_at(point):
                break
        return sweep.ends, await sweep.problems()


async def sweep_all(lanes: int = LANES) -> tuple[Counter[str], list[str]]:
    """End services before each call of a job's life, one life a call, several services at a time.

    No two lives are quite the same, so the named points come first: each of them is met for sure.
    """
    numbers = range(1, MOST_POINTS + 1)
    shares = [[Point(number=number) for number in numbers[lane::lanes]] for lane in range(lanes)]
    shares[0] = [*NAMED.values(), *shares[0]]
    swept = await asyncio.gather(*(sweep_points(share) for share in shares))
    ends = sum((lane_ends for lane_ends, _ in swept), Counter[str]())
    return ends, [problem for _, problems in swept for problem in problems]
