"""What waits or measures uses the clock that it was given, so tests and simulators need not wait."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from domain.job import Job
from domain.records import Lease
from service.cli.progress_notes import ProgressNotes
from service.http.middleware import ResponseMiddleware
from service.http.pages.figures import FRESH_SECONDS, LatestFigures
from service.jobs.metrics import MeasuredStore, Metrics
from service.jobs.naming import new_job_id
from service.process.bus import STALE_CHECK_SECONDS, Bus
from service.settings import Settings
from service.wiring.stores import make_stores
from service.wiring.worker import make_worker
from service.worker.leased_job import LeasedJob
from service.worker.runner import Runner
from tests.fixtures.clock import HandClock


@pytest.fixture
def hands() -> HandClock:
    return HandClock()


def test_a_deadline_is_counted_from_the_first_question_though_the_time_of_day_jumps(hands):
    lease = Lease(job_id="a", owner="me", epoch=1)
    leased = LeasedJob(Job(job_id="a"), lease, repository=None, leases=None, waiting_for=None, clock=hands)
    deadline = hands.now() + timedelta(seconds=60)
    assert not leased.is_past(deadline)
    hands.at += timedelta(hours=1)
    assert not leased.is_past(deadline)
    hands.pass_by(59)
    assert not leased.is_past(deadline)
    hands.pass_by(1)
    assert leased.is_past(deadline)


async def test_the_figures_of_the_list_are_read_again_when_they_are_a_second_old(hands):
    jobs = CountedJobs()
    figures = LatestFigures(jobs, clock=hands)
    await figures.now()
    hands.pass_by(FRESH_SECONDS / 2)
    await figures.now()
    assert jobs.since == [datetime(2026, 11, 22, tzinfo=hands.at.tzinfo)]
    hands.pass_by(FRESH_SECONDS / 2)
    await figures.now()
    assert len(jobs.since) == 2


class CountedJobs:
    def __init__(self) -> None:
        self.since: list[datetime] = []

    async def spent(self, *, since: datetime) -> Decimal:
        self.since.append(since)
        return Decimal(0)

    async def counts(self) -> dict[str, int]:
        return {}

    async def needing_operator(self) -> int:
        return 0


async def test_an_append_takes_as_long_as_the_clock_says(hands):
    metrics = Metrics()
    await MeasuredStore(SlowStore(hands), metrics, monotonic=hands.monotonic).append(None)
    assert metrics.registry.get_sample_value("reelwright_append_seconds_sum") == 3.0


class SlowStore:
    def __init__(self, hands: HandClock) -> None:
        self._hands = hands

    async def append(self, _entry: object) -> tuple[()]:
        self._hands.pass_by(3)
        return ()


async def test_an_answer_takes_as_long_as_the_clock_says(hands):
    async def app(_scope, _receive, send):
        hands.pass_by(2)
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(_message):
        pass

    metrics = Metrics()
    scope = {"type": "http", "method": "GET", "path": "/"}
    await ResponseMiddleware(app, metrics=metrics, monotonic=hands.monotonic)(scope, None, send)
    assert metrics.registry.get_sample_value("reelwright_http_request_seconds_sum", {"route": "none"}) == 2.0


async def test_nats_is_away_when_it_was_not_seen_for_some_seconds(hands):
    bus = Bus(Settings(), None, None, log_signal=None, roles=frozenset(), clock=hands)
    assert await bus._check(LinkThatAnswers())
    hands.pass_by(STALE_CHECK_SECONDS)
    assert (await bus.health())[0]
    hands.pass_by(1)
    assert await bus.health() == (False, "NATS does not answer")


class LinkThatAnswers:
    async def ensure(self) -> tuple[str, ...]:
        return ()

    async def waiting(self) -> int:
        return 0


def test_long_work_says_every_few_seconds_how_far_it_is(hands, capsys):
    notes = ProgressNotes(monotonic=hands.monotonic)
    for number in range(10):
        notes.say(f"{number} jobs archived")
        hands.pass_by(1)
    assert capsys.readouterr().err.splitlines() == ["4 jobs archived ...", "8 jobs archived ..."]


def test_a_job_without_a_name_is_called_after_the_time_and_its_id(hands):
    assert new_job_id("job", at=hands.now(), new_id="0198-beef3f9a") == "job-20261122-180000-3f9a"


@pytest.mark.parametrize(("renderer", "jobs_at_once"), [("slideshow", 2), ("noop", 50)])
async def test_a_worker_takes_no_more_jobs_than_this_machine_can_render(tmp_path, renderer, jobs_at_once):
    settings = Settings(data_dir=tmp_path, renderer=renderer, concurrency=50, slideshow_workers=2)
    work = make_worker(settings, make_stores(settings))
    assert await claimed_at_once(work.runner) == jobs_at_once
    await work.close()


async def claimed_at_once(runner: Runner) -> int:
    """Let the runner claim once, and return how many jobs it asked for."""
    asked: list[int] = []

    class NothingToClaim:
        async def claim(self, limit: int) -> list[Lease]:
            asked.append(limit)
            runner._stopping.set()
            return []

    runner._leases = NothingToClaim()
    await runner._claim_until_stopped()
    return asked[0]
