"""One schedule from its seed to its verdict."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from domain.events import FINAL_EVENTS
from domain.steps import NOTHING
from tests.simulation.home import Home
from tests.simulation.installation import Installation
from tests.simulation.loop import GoesInACircle
from tests.simulation.nemeses import Nemeses
from tests.simulation.plan import Plan
from tests.simulation.process import rare_polls
from tests.simulation.promises.every import broken_promises
from tests.simulation.world import World

LOOK_SECONDS = 8.0
QUIET_SECONDS = 60.0
"""After so long without an event, the reason that a job waits for is none that passes by."""
LONGEST_QUIET_SECONDS = 1500.0
CLEARLY_TOO_MANY_CREATES = 12
"""Of one token: more would only make the story longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of a schedule: each broken promise with what was seen, and the story."""

    plan: Plan
    broken: tuple[tuple[str, str], ...]
    story: str
    virtual_seconds: float

    @property
    def promises(self) -> frozenset[str]:
        """The names of the broken promises."""
        return frozenset(name for name, _ in self.broken)


def run(plan: Plan) -> Verdict:
    """Run a schedule until nothing moves, and check every promise."""
    nemeses = Nemeses(plan.strikes)
    world = World(plan, moment=nemeses.moment)
    homes = _homes(world)
    nemeses.begin(world, homes)
    circle = ""
    try:
        with rare_polls():
            world.loop.run_until_complete(_live(world, homes, nemeses))
    except GoesInACircle as error:
        circle = str(error)
    broken = broken_promises(world, homes)
    if circle:
        broken = (("nothing goes in a circle", circle), *broken)
    seconds = world.loop.time()
    story = world.story.text()
    world.loop.end(handle for home in homes for process in home.processes for handle in process.held)
    return Verdict(plan=plan, broken=tuple(broken), story=story, virtual_seconds=seconds)


def _homes(world: World) -> Sequence[Home]:
    plan, homes = world.plan, []
    for name in ("a", "b") if plan.has("two_installations") else ("a",):
        installation = Installation(name, world.wire, world.chance.of(f"database {name}"), story=world.story)
        world.databases.append(installation.tables)
        homes.append(Home(installation, plan.deployment, world))
    return homes


async def _live(world: World, homes: Sequence[Home], nemeses: Nemeses) -> None:
    plan = world.plan
    approvals = [approval for home in homes for approval in _begin(plan, home)]
    resolving = [asyncio.create_task(home.people.resolve()) for home in homes if plan.has("resolves")]
    await asyncio.sleep(plan.active_seconds)
    nemeses.end()
    if nemeses.working:
        await asyncio.wait(nemeses.working)
    _calm(world, homes)
    await asyncio.wait(approvals)
    await _until_nothing_moves(world, homes)
    for task in resolving:
        task.cancel()


def _begin(plan: Plan, home: Home) -> Sequence[asyncio.Task[None]]:
    """Start the processes of an installation, and let people approve their storyboards."""
    for _ in range(1 if plan.has("one_worker") or plan.has("two_installations") else 2):
        home.start()
    home.processes[0].ahead_seconds = plan.fast_seconds
    begun = []
    for number, (seconds, storyboard) in enumerate(plan.jobs, start=1):
        name = storyboard if plan.shares_storyboards else f"{home.name}-{storyboard}"
        approval = home.people.approve(f"{home.name}{number}", name, after_seconds=seconds)
        begun.append(asyncio.create_task(approval))
    return begun


def _calm(world: World, homes: Sequence[Home]) -> None:
    """End all that passes by: from now on only what lasts is in the way."""
    world.story.tell("", "from here on nothing more goes wrong")
    world.provider.is_calm = True
    for home in homes:
        if not home.running:
            home.start()


async def _until_nothing_moves(world: World, homes: Sequence[Home]) -> None:
    since = world.loop.time()
    end = since + LONGEST_QUIET_SECONDS
    while world.loop.time() < end:
        await asyncio.sleep(LOOK_SECONDS)
        if all(_is_still(home, since=since, now=world.loop.time()) for home in homes):
            return
        if max(world.provider.sent.values(), default=0) > CLEARLY_TOO_MANY_CREATES:
            world.was_cut_short = True
            return


def _is_still(home: Home, *, since: float, now: float) -> bool:
    installation, tables = home.installation, home.installation.tables
    finals = sum(stored.encoded.type in FINAL_EVENTS for stored in tables.events)
    is_quiet = now - max([since, *installation.committed_at]) > QUIET_SECONDS
    is_still = len(installation.stream.messages) == len(tables.events) + finals and all(
        job["step"] == NOTHING or (is_quiet and installation.waits_with_a_reason(job_id))
        for job_id, job in tables.jobs.items()
    )
    return is_still and not any(home.people.will_resolve(job) for job in installation.jobs())
