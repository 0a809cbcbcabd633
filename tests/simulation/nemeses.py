"""What happens to processes, clocks, databases and the bus while they work: each strike of the plan, at its moment."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

from tests.simulation.deployment import next_deployment
from tests.simulation.home import Home
from tests.simulation.loop import OWNER
from tests.simulation.plan import Strike
from tests.simulation.process import Process
from tests.simulation.provider.http import SUBMITTED
from tests.simulation.world import World

DOWN_SECONDS = (0.5, 3.0, 15.0, 35.0, 70.0, 110.0)
PAUSE_SECONDS = (2.0, 12.0, 25.0, 60.0, 180.0)
LONGEST_PAUSE_BEFORE_A_CREATE_SECONDS = 25.0
"""Less than lease, create time limit and settling together: beyond a longer pause right there nobody can help."""
ABSENT_SECONDS = (3400.0, 3700.0, 4500.0, 9000.0)
AWAY_SECONDS = (1.0, 6.0, 15.0, 40.0)
CLOCK_STEPS = (0.0, 0.0, 0.0, -7200.0, -600.0, -75.0, -30.0, 30.0, 75.0, 90.0, 110.0, 600.0, 4000.0, 90000.0)
PROVIDER_CLOCK_STEPS = (0.0, -1200.0, -600.0, -75.0, -30.0, 30.0, 75.0, 600.0, 1200.0)
"""From one to another less than the hour for which the list shows inputs: beyond a longer leap nothing is found."""
LOSES_ANSWERS = 0.4


class PendingStrike:
    """A strike that waits for its moment."""

    def __init__(self, strike: Strike) -> None:
        self.strike = strike
        self._steps = strike.steps

    def is_due(self, creates: int, seconds: float) -> bool:
        """Count one message; tell whether the moment has come."""
        strike = self.strike
        if strike.seconds is not None:
            return seconds >= strike.seconds
        if creates < strike.creates:
            return False
        self._steps -= 1
        return self._steps < 0


class Nemeses:
    """Strikes. `working` are the tasks that are not through: a restart, a deploy, the end of a pause."""

    def __init__(self, strikes: Sequence[Strike]) -> None:
        self._pending = [PendingStrike(strike) for strike in strikes]
        self.working: list[asyncio.Task[None]] = []

    def begin(self, world: World, homes: Sequence[Home]) -> None:
        """Strike from now on."""
        self._world, self._homes = world, homes

    def end(self) -> None:
        """Strike no more."""
        self._pending.clear()

    def moment(self) -> None:
        """Strike if a strike is due. Called before every message."""
        if not self._pending:
            return
        creates, seconds = self._world.provider.creates, self._world.loop.time()
        due = [pending for pending in self._pending if pending.is_due(creates, seconds)]
        for pending in due:
            self._pending.remove(pending)
            self._strike(pending.strike)

    def _strike(self, strike: Strike) -> None:
        home = self._homes[int(strike.draws[0] * len(self._homes))]
        match strike.what:
            case "crashes":
                self._crash(home, strike)
            case "pauses":
                self._pause(home, strike)
            case "long_absences":
                self._leave_alone(strike)
            case "deploys":
                self._begin_work(self._deploy(home, strike))
            case "clock_steps":
                self._set_clock(home, strike)
            case "provider_clock_steps":
                self._set_providers_clock(_pick(PROVIDER_CLOCK_STEPS, strike.draws[1]))
            case "database_away" | "lost_commits" | "bus_away":
                self._begin_work(self._take_away(home, strike))
            case _:
                self._begin_work(home.people.act(strike))

    def _begin_work(self, work: Coroutine[Any, Any, None]) -> None:
        """Work outside of the process in whose moment the strike fell."""
        self._world.wire.later(0.0, lambda: self.working.append(self._world.loop.create_task(work)))

    def _victim(self, home: Home, draw: float) -> Process | None:
        """Return the process that is just sending, else one by chance."""
        running = home.running
        sending = OWNER.get()
        chosen = next((process for process in running if process is sending), None)
        return chosen or (running[int(draw * len(running))] if running else None)

    def _crash(self, home: Home, strike: Strike) -> None:
        if (victim := self._victim(home, strike.draws[1])) is not None:
            self._tell(victim.name, "is killed")
            victim.kill()
            self._begin_work(home.restart(_pick(DOWN_SECONDS, strike.draws[2])))

    def _leave_alone(self, strike: Strike) -> None:
        """Kill all there is, and let nobody start anything for about an hour or longer."""
        seconds = _pick(ABSENT_SECONDS, strike.draws[1])
        for home in self._homes:
            home.absent_until = self._world.loop.time() + seconds
            for process in home.running:
                self._tell(process.name, "is killed")
                process.kill()
                self._begin_work(home.restart(0.0))

    def _pause(self, home: Home, strike: Strike) -> None:
        if (victim := self._victim(home, strike.draws[1])) is not None:
            seconds = _pick(PAUSE_SECONDS, strike.draws[2])
            if SUBMITTED.get() is not None:
                seconds = min(seconds, LONGEST_PAUSE_BEFORE_A_CREATE_SECONDS)
            self._tell(victim.name, f"is paused for {seconds:g} s")
            victim.pause()
            self._begin_work(self._resume_after(victim, seconds))

    async def _resume_after(self, victim: Process, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if victim.is_alive and victim.is_paused:
            self._tell(victim.name, "runs again")
            victim.resume()

    async def _deploy(self, home: Home, strike: Strike) -> None:
        """Stop every process, cleanly or not, and start as many with other settings."""
        before = list(home.running)
        home.deployment = next_deployment(
            home.deployment, self._world.plan.ingredients, self._world.chance.of(f"deploy {strike.draws}")
        )
        home.deployments.append(home.deployment)
        self._tell(home.name, f"deploy: {home.deployment}")
        for process in before:
            if strike.draws[1] < 3 / 4:
                process.stop()
            else:
                process.kill()
        while not all(process.has_ended for process in before):
            await asyncio.sleep(0.5)
        down = _pick(DOWN_SECONDS, strike.draws[2])
        await asyncio.gather(*(home.restart(down) for _ in before))

    def _set_clock(self, home: Home, strike: Strike) -> None:
        ahead = _pick(CLOCK_STEPS, strike.draws[1])
        if strike.draws[2] < 1 / 2:
            home.installation.ahead_seconds = ahead
            self._tell(home.name, f"all clocks are set to {ahead:+g} s")
            changed = home.running
        else:
            changed = [victim] if (victim := self._victim(home, strike.draws[3])) else []
        for process in changed:
            process.ahead_seconds = ahead
            self._tell(process.name, f"its clock is set to {ahead:+g} s")

    def _set_providers_clock(self, step_seconds: float) -> None:
        books = self._world.provider.books
        books.ahead_seconds = books.temperament.ahead_seconds + step_seconds
        self._tell("provider", f"its clock is set to {books.ahead_seconds:+g} s")

    async def _take_away(self, home: Home, strike: Strike) -> None:
        installation, seconds = home.installation, _pick(AWAY_SECONDS, strike.draws[1])
        self._tell(home.name, f"{strike.what} for {seconds:g} s")
        match strike.what:
            case "database_away":
                installation.database_is_away = True
            case "lost_commits":
                installation.loses_answers = LOSES_ANSWERS
            case _:
                installation.stream.cuts_windows = True
                await asyncio.sleep(0.5)
                installation.stream.is_away = True
        await asyncio.sleep(seconds)
        self._tell(home.name, f"{strike.what}: over")
        match strike.what:
            case "database_away":
                installation.database_is_away = False
            case "lost_commits":
                installation.loses_answers = 0.0
            case _:
                installation.stream.is_away = installation.stream.cuts_windows = False

    def _tell(self, who: str, what: str) -> None:
        self._world.story.tell(who, what)


def _pick(values: Sequence[float], draw: float) -> float:
    return values[int(draw * len(values))]
