"""A copy is put back: what was announced after it is named, and what a worker would pay for again is stopped."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from nats.aio.client import Client

from adapters.bus import streams
from adapters.clock import new_id, now
from domain import commands as c
from domain.errors import Unavailable
from domain.rendering import ListedRender
from domain.retry import RetryPolicy
from service.housekeeping.forgotten import Outcome, RestoreReport
from service.housekeeping.restoring import Restoring
from service.jobs.repository import JobRepository
from service.log_readers.announcements import announcements
from service.log_readers.reader import LogReader
from service.settings import Settings, load_settings
from service.wiring.bus_link import BusLink, connect_bus
from service.wiring.history import back_up
from service.wiring.restoring import make_restoring
from service.wiring.stores import make_stores
from tests.fixtures.nats import NatsServer, made_anew
from tests.service.cli.stories import NOON, approve, completed, request

JOB = "job"
TOKEN = f"{JOB}-1"
LIFE = completed(JOB)
APPROVED, REQUESTED, ACCEPTED, SUCCEEDED, STORED = LIFE[:1], LIFE[:2], LIFE[:3], LIFE[:5], LIFE[:6]
DEFERRED = c.DeferRender(token=TOKEN, reason="429", at=NOON)
ATTEMPT_FAILED = c.FailRender(token=TOKEN, reason="out of memory", at=NOON, retry=RetryPolicy())
CANCELLED = c.Cancel(by="a tester")
UNRESOLVED = c.LeaveUnresolved(token=TOKEN, reason="nobody can tell")
BROKEN = c.FailRender(token=TOKEN, reason="no", at=NOON, retry=None)
RETRIED = c.Retry(by="a tester", at=NOON)


class Installation:
    """One database and its streams. `lose` puts the copy in its place."""

    def __init__(self, folder: Path, link: BusLink) -> None:
        self._folder, self._link = folder, link
        self._settings: Settings = load_settings({"REELWRIGHT_DATA_DIR": str(folder / "DATA")})
        self._announced = 0
        self.stores = make_stores(self._settings)

    async def execute(self, job_id: str, *commands: c.Command) -> None:
        repository = JobRepository(self.stores.events, new_id=new_id, metadata={})
        for command in commands:
            await repository.execute(job_id, command)

    async def announce(self) -> None:
        """Publish what was not published yet, as the relay does."""
        reader = LogReader("video", self.stores.events)
        async for page in reader.pages(after=self._announced):
            messages = [one for event in page.events for one in announcements(event.recorded, event.job)]
            end = await self._link.feed.end()
            sequence = await self._link.feed.publish(messages, expected_sequence=end.sequence)
            await self.stores.checkpoints.save("video", position=page.position, sequence=sequence)
            self._announced = page.position

    async def copy(self) -> None:
        await self.announce()
        await back_up(self.stores, self._folder / "copy.db")

    async def lose(self) -> None:
        """Go on from the copy alone."""
        await self.announce()
        await self.stores.close()
        for leftover in (self._folder / "DATA").glob("reelwright.db*"):
            leftover.unlink()
        (self._folder / "copy.db").rename(self._folder / "DATA" / "reelwright.db")
        self.stores = make_stores(self._settings)
        await self.stores.events.start()
        self._announced = (await self.stores.restores.end()).position

    async def restore(self, *, provider: Provider | None = None, stop_jobs: bool = False) -> RestoreReport:
        async with make_restoring(self._settings, self.stores, self._link, progress=lambda _far: None) as restoring:
            parts = {name: getattr(restoring, name) for name in Restoring.__slots__} | {"provider": provider}
            return await Restoring(**parts).restore(now(), how="restored", stop_jobs=stop_jobs)

    async def status(self, job_id: str = JOB) -> str:
        (found,) = [
            job for job in (await self.stores.jobs.page(status=None, limit=9, after=None)).jobs if job.job_id == job_id
        ]
        return found.status


class Provider:
    """A provider's list that is in memory, and may end with an error."""

    account: str | None = None

    def __init__(self, *render_ids: str, ends: Unavailable | None = None) -> None:
        self._render_ids, self._ends = render_ids, ends
        self.asked_since: datetime | None = None

    async def created_since(self, since: datetime) -> AsyncIterator[ListedRender]:
        self.asked_since = since
        for render_id in self._render_ids:
            yield ListedRender(render_id=render_id, model="a/b", status="succeeded", created_at=NOON, web_url=None)
        if self._ends is not None:
            raise self._ends


@pytest.fixture
async def installation(nats_server: NatsServer, nats_client: Client, tmp_path: Path) -> AsyncIterator[Installation]:
    async with opened(nats_server, nats_client, tmp_path) as installation:
        yield installation


@asynccontextmanager
async def opened(nats_server: NatsServer, nats_client: Client, folder: Path) -> AsyncIterator[Installation]:
    await streams.ensure(nats_client.jetstream())
    link = await connect_bus([nats_server.url], replicas=1, wait_seconds=5.0)
    installation = Installation(folder, link)
    (folder / "DATA").mkdir()
    await installation.stores.prepare()
    try:
        yield installation
    finally:
        await installation.stores.close()
        await link.close()


LATER: list[tuple[str, Sequence[c.Command], Sequence[c.Command], Outcome, str]] = [
    ("approved, then completed", APPROVED, LIFE[1:], Outcome.STOPPED, "failed"),
    ("approved, then requested", APPROVED, LIFE[1:2], Outcome.STOPPED, "failed"),
    ("approved, then cancelled", APPROVED, [CANCELLED], Outcome.STOPPED, "failed"),
    ("deferred, then requested again", [*REQUESTED, DEFERRED], LIFE[1:3], Outcome.STOPPED, "failed"),
    ("failed once, then rendered", [*ACCEPTED, ATTEMPT_FAILED], [request("job-2")], Outcome.STOPPED, "failed"),
    ("requested, then accepted", REQUESTED, LIFE[2:3], Outcome.GOES_ON, "rendering"),
    ("accepted, then completed", ACCEPTED, LIFE[3:], Outcome.GOES_ON, "rendering"),
    ("accepted, then another attempt", ACCEPTED, [ATTEMPT_FAILED, request("job-2")], Outcome.STOPPED, "failed"),
    ("accepted, then cancelled", ACCEPTED, [CANCELLED], Outcome.STOPPED, "failed"),
    ("downloading, then completed", SUCCEEDED, LIFE[5:], Outcome.GOES_ON, "downloading"),
    ("a film that waited, then cancelled", STORED, [CANCELLED], Outcome.STOPPED, "failed"),
    ("in doubt, then decided", [*REQUESTED, UNRESOLVED], [RETRIED], Outcome.NEEDS_OPERATOR, "rendering"),
    ("failed, then retried", [*ACCEPTED, BROKEN], [RETRIED, request("job-2")], Outcome.ENDED, "failed"),
]


@pytest.mark.parametrize(
    ("copied", "later", "outcome", "status"), [row[1:] for row in LATER], ids=[r[0] for r in LATER]
)
async def test_a_job_of_which_more_was_announced_is_not_paid_for_again(
    installation: Installation,
    copied: Sequence[c.Command],
    later: Sequence[c.Command],
    outcome: Outcome,
    status: str,
) -> None:
    await installation.execute(JOB, *copied)
    await installation.copy()
    await installation.execute(JOB, *later)
    await installation.lose()
    report = await installation.restore()
    assert [(job.job_id, job.outcome) for job in report.forgotten.jobs] == [(JOB, outcome)]
    assert (report.forgotten.is_complete, report.stopped) == (True, int(outcome is Outcome.STOPPED))
    assert await installation.status() == status


async def test_an_unknown_job_is_named_with_its_last_state_its_cost_and_its_render(installation: Installation) -> None:
    await installation.execute("known", approve())
    await installation.copy()
    await installation.execute(JOB, *LIFE)
    await installation.lose()
    for _ in range(2):  # naming it is repeated as often as it is wanted
        (found,) = (await installation.restore()).forgotten.jobs
        assert (found.job_id, found.status, found.outcome) == (JOB, None, Outcome.UNKNOWN)
        assert (found.lost.last.status, found.lost.last.event) == ("completed", "VideoCompleted")
        assert found.lost.render_ids == (f"render-{JOB}",)
        assert found.lost.cost is not None
        assert found.lost.cost > 0
    assert await installation.status("known") == "approved"


async def test_the_reason_of_a_stopped_job_says_what_was_announced(installation: Installation) -> None:
    await installation.execute(JOB, approve())
    await installation.copy()
    await installation.execute(JOB, *LIFE[1:])
    await installation.lose()
    await installation.restore()
    (recorded,) = [one for one in await installation.stores.events.history(JOB) if one.version == 2]
    reason = recorded.event.reason
    assert reason.startswith("Restored from a copy: after the copy was made, VideoCompleted was announced (completed, ")
    assert f"render render-{JOB}, $" in reason
    assert reason.endswith("It may be paid; a retry renders it again, and pays again")


async def test_what_was_not_announced_after_the_copy_is_left_alone(installation: Installation) -> None:
    await installation.execute(JOB, *ACCEPTED)
    await installation.execute("other", approve())
    await installation.copy()
    await installation.lose()
    report = await installation.restore()
    assert (report.forgotten.jobs, report.forgotten.is_complete) == ((), True)
    assert (report.stopped, report.unfinished) == (0, 2)


async def test_a_lost_stream_is_said_and_all_jobs_can_be_stopped(
    installation: Installation, nats_client: Client
) -> None:
    await installation.execute(JOB, approve())
    await installation.copy()
    await installation.execute(JOB, *LIFE[1:])
    await installation.lose()
    await made_anew(nats_client, "VIDEO")
    report = await installation.restore()
    assert (report.forgotten.jobs, report.forgotten.is_complete) == ((), False)
    assert await installation.status() == "approved"
    assert (await installation.restore(stop_jobs=True)).stopped == 1
    assert await installation.status() == "failed"


async def test_where_all_jobs_are_stopped_one_that_would_go_on_is_too(installation: Installation) -> None:
    await installation.execute(JOB, *ACCEPTED)
    await installation.execute("other", approve())
    await installation.copy()
    await installation.execute(JOB, *LIFE[3:])
    await installation.lose()
    report = await installation.restore(stop_jobs=True)
    assert [job.outcome for job in report.forgotten.jobs] == [Outcome.STOPPED]
    assert (report.stopped, report.unfinished) == (2, 0)


async def test_a_stream_that_aged_out_is_complete_where_nothing_came_after_the_copy(
    installation: Installation, nats_client: Client
) -> None:
    await installation.execute(JOB, *LIFE)
    await installation.copy()
    await installation.lose()
    await nats_client.jetstream().purge_stream("VIDEO")
    assert (await installation.restore()).forgotten.is_complete


async def test_a_job_that_a_person_retried_after_a_restore_is_not_stopped_by_the_next(
    installation: Installation,
) -> None:
    """The stream keeps what an earlier restore has lost for days."""
    await installation.execute(JOB, approve())
    await installation.copy()
    await installation.execute(JOB, *LIFE[1:])
    await installation.lose()
    assert (await installation.restore()).stopped == 1
    await installation.execute(JOB, c.Retry(by="a tester", at=now()))
    report = await installation.restore()
    assert (report.forgotten.jobs, report.stopped) == ((), 0)
    assert await installation.status() == "approved"


async def test_another_publishers_message_is_nobodys_job(installation: Installation, nats_client: Client) -> None:
    await installation.execute(JOB, approve())
    await installation.copy()
    headers = {"Nats-Msg-Id": "x/video.progress", "Reelwright-Cursor": "9/0"}
    await nats_client.jetstream().publish("video.progress", b"no json", headers=headers)
    await nats_client.jetstream().publish("video.progress", b'{"job_id": "job", "sequence": 9}')
    await installation.lose()
    assert (await installation.restore()).forgotten.jobs == ()


async def test_every_approval_comes_again(installation: Installation, nats_client: Client) -> None:
    js = nats_client.jetstream()
    for number in range(3):
        await js.publish(streams.APPROVED, b"%d" % number)
    reader = await js.pull_subscribe_bind(consumer=streams.CONSUMER, stream=streams.STORYBOARD)
    for message in await reader.fetch(3):
        await message.ack_sync()
    await reader.unsubscribe()
    assert (await installation.restore()).approvals == 3
    assert await installation.stores.restores.last() is not None


async def test_renders_that_no_job_owns_are_named(installation: Installation) -> None:
    await installation.execute(JOB, *LIFE)
    provider = Provider("another", f"render-{JOB}", "later")
    report = await installation.restore(provider=provider)
    assert report.unowned is not None
    assert [render.render_id for render in report.unowned.renders] == ["another", "later"]
    assert report.unowned.problem is None
    end = await installation.stores.restores.end()
    assert provider.asked_since == end.recorded_at - timedelta(hours=1)


async def test_a_list_that_ends_early_gives_what_it_has_and_holds_up_nothing(installation: Installation) -> None:
    report = await installation.restore(provider=Provider("another", ends=Unavailable("the list is too long")))
    assert report.unowned is not None
    assert [render.render_id for render in report.unowned.renders] == ["another"]
    assert report.unowned.problem == "the list is too long"


async def test_without_a_renderer_that_bills_nobody_is_asked(installation: Installation) -> None:
    report: Any = await installation.restore()
    assert report.unowned is None
