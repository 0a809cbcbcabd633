"""Random work for the stores of two workers, done on SQL and in memory: all answers and contents are the same.

The suites in `contract/` say what is meant; this finds what they forgot.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from adapters.sql.database import Database
from domain import events as e
from domain.errors import IllegalMove, ReelwrightError
from domain.records import Append, Lease
from tests.adapters.sql.contract.kinds import Kind, MemoryKind, SqlKind
from tests.adapters.sql.drives import Drive, approved, attempt_failed, finished, progressed, requested
from tests.fixtures.clock import HandClock
from tests.simulation.stores.check import findings
from tests.simulation.stores.database import MemoryDatabase

STEPS = 150
OWNERS = ("worker-1", "worker-2")


class Side:
    """The stores of two workers on one database; each worker watches leases for itself."""

    def __init__(self, kind: Kind, database: Database | MemoryDatabase, hands: HandClock) -> None:
        self.store = kind.events(database, now=hands.now)
        self.leases = [
            kind.leases(database, owner=owner, lease_seconds=10, now=hands.now, monotonic=hands.monotonic)
            for owner in OWNERS
        ]
        self.leaders = [
            kind.leader_lease(database, "relay", owner=owner, lease_seconds=4, monotonic=hands.monotonic)
            for owner in OWNERS
        ]
        self.waiting_for, self.renders = kind.waiting_for(database), kind.renders(database)
        self.queue, self.restores = kind.queue(database), kind.restores(database)
        self.jobs, self.ended_jobs = kind.jobs(database), kind.ended_jobs(database)


@dataclass
class Work:
    """What the dice have done so far; an entry that was refused on both sides leaves its job as it was."""

    dice: random.Random
    hands: HandClock
    sides: Sequence[Side]
    drives: list[Drive] = field(default_factory=list)
    entries: list[Append] = field(default_factory=list)
    leases: list[Lease] = field(default_factory=list)

    async def same(self, call: Callable[[Side], Awaitable[object]]) -> object:
        """Ask both sides, and hold them to one answer."""
        answers = [await outcome(call(side)) for side in self.sides]
        assert answers[0] == answers[1]
        return answers[0]

    async def step(self) -> None:
        kinds = (self.append, self.append, self.append, self.repeat, self.claim, self.renew, self.release)
        await self.dice.choice((*kinds, self.wait, self.lead, self.pass_time))()

    async def append(self) -> None:
        if not self.drives or self.dice.random() < 0.2:
            self.drives.append(Drive())
        drive = self.dice.choice(self.drives)
        mine = [lease for lease in self.leases if lease.job_id == drive.job_id]
        drive.lease = self.dice.choice(mine) if mine and self.dice.random() < 0.7 else None
        try:
            entry = drive.peek(*self.some_events(drive), release=drive.lease is not None and self.dice.random() < 0.2)
        except IllegalMove:
            return
        if self.dice.random() < 0.1:
            entry = replace(entry, job=replace(entry.job, version=entry.job.version + 1))
        self.entries.append(entry)
        if isinstance(await self.same(lambda side: side.store.append(entry)), tuple):
            drive.job = entry.job

    def some_events(self, drive: Drive) -> Sequence[e.Event]:
        if not drive.job.version:
            return (approved(),)
        attempt, retry_at = max(1, drive.job.attempt), self.hands.at + timedelta(seconds=self.dice.randrange(40))
        same = {"model": "owner/model", "request_hash": self.dice.choice("ab")}
        account = self.dice.choice((None, "one", "two"))
        token = self.dice.choice([*(render.token for render in drive.job.renders), None])
        deferred = e.RenderDeferred(attempt=attempt, reason="429", retry_at=retry_at)
        return self.dice.choice(
            (
                (replace(requested(attempt=attempt, token=token, **same), account=account),),
                (requested(attempt=attempt + 1), progressed(self.dice.randrange(100))),
                (e.RenderAccepted(attempt=attempt, render_id=self.dice.choice("rst")),),
                (deferred,),
                (deferred, replace(requested(attempt=attempt, token=token, **same), account=account)),
                (attempt_failed(retry_at=retry_at, seconds=self.dice.randrange(40)),),
                (e.JobCancelled(by="a person", reason=None),),
                finished(),
            )
        )

    async def repeat(self) -> None:
        if self.entries:
            entry = self.dice.choice(self.entries)
            await self.same(lambda side: side.store.append(entry))

    async def claim(self) -> None:
        who, limit = self.dice.randrange(2), self.dice.randrange(4)
        claimed = await self.same(lambda side: side.leases[who].claim(limit))
        assert isinstance(claimed, list)
        self.leases += claimed

    async def renew(self) -> None:
        who, some = self.dice.randrange(2), self.some_leases()
        await self.same(lambda side: side.leases[who].renew(some))

    async def release(self) -> None:
        who, some = self.dice.randrange(2), self.some_leases()[:2]
        await self.same(lambda side: side.leases[who].release(some))

    def some_leases(self) -> list[Lease]:
        return self.dice.sample(self.leases, min(len(self.leases), self.dice.randrange(6)))

    async def wait(self) -> None:
        for lease in self.some_leases()[:2]:
            reason = self.dice.choice(("paused", "the disk is full", None))
            await self.same(
                lambda side, lease=lease, reason=reason: (
                    side.waiting_for.set(lease, reason) if reason else side.waiting_for.clear(lease)
                )
            )

    async def lead(self) -> None:
        who = self.dice.randrange(2)
        if self.dice.random() < 0.2:
            await self.same(lambda side: side.leaders[who].step_down())
        await self.same(lambda side: side.leaders[who].holds())

    async def pass_time(self) -> None:
        self.hands.pass_by(self.dice.choice((0.2, 1.5, 6, 11)))
        if self.dice.random() < 0.1:
            self.hands.at += timedelta(seconds=self.dice.randrange(-3600, 3600))

    async def compare(self) -> None:
        """Hold both sides to the same content."""
        ids = [drive.job_id for drive in self.drives]
        tokens = {render.token for drive in self.drives for render in drive.job.renders}
        await self.same(lambda side: side.store.read(after=0, limit=10_000))
        await self.same(lambda side: side.jobs.newest(status=None, limit=5, before=None))
        for word in ("", "retry at", "waits for"):
            await self.same(
                lambda side, word=word: side.jobs.newest(status=None, limit=5, before=None, waiting_for=word)
            )
        await self.same(lambda side: side.jobs.needing_operator())
        await self.same(lambda side: side.jobs.counts())
        await self.same(lambda side: side.jobs.versions(ids))
        await self.same(lambda side: side.waiting_for.of(ids))
        await self.same(lambda side: side.renders.owned("one", ["r", "s", "t", "u"]))
        await self.same(lambda side: side.renders.owned_elsewhere("one", ["r", "s", "t", "u"]))
        await self.same(lambda side: side.renders.open_requests())
        await self.same(lambda side: side.queue.workers())
        await self.same(lambda side: side.ended_jobs.page(before=self.hands.at, after="", limit=3))
        await self.same(lambda side: side.restores.unfinished_ids(limit=100))
        for job_id in ids:
            await self.same(lambda side, job_id=job_id: side.jobs.one(job_id))
            await self.same(lambda side, job_id=job_id: side.queue.ahead_of(job_id))
        for token in sorted(tokens):
            await self.same(lambda side, token=token: side.renders.requested_at(token))
        for lease in self.leases:
            await self.same(lambda side, lease=lease: side.leases[0].holds(lease))


async def outcome(call: Awaitable[object]) -> object:
    """The answer, or the kind and the words of an error; a database has words of its own for what it refuses."""
    try:
        return await call
    except ReelwrightError as error:
        kind = next(kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "domain.errors")
        return kind, "" if kind == "Refused" else str(error)


@pytest.mark.parametrize("seed", range(3))
async def test_random_work_has_the_same_answers_on_sql_and_in_memory(database, hands, seed):
    memory = MemoryDatabase()
    sides = [Side(SqlKind(""), database, hands), Side(MemoryKind(), memory, hands)]
    for side in sides:
        await side.store.start()
    work = Work(random.Random(seed), hands, sides)
    for _ in range(STEPS):
        await work.step()
    await work.compare()
    assert list(findings(memory.tables)) == []
    for side in sides:
        await side.store.close()
