"""The people of an installation: they approve, now and then twice, cancel, and try again."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from domain.commands import Approve
from domain.errors import IllegalMove, NotFound, ReelwrightError
from domain.job import Job
from domain.storyboard import OutputWishes, Scene, storyboard_hash
from service.jobs.operations import JobOperations
from tests.simulation.images import image_url
from tests.simulation.plan import Strike

if TYPE_CHECKING:
    from tests.simulation.home import Home

Operation = Callable[[JobOperations], Coroutine[Any, Any, Any]]

PATIENCE_SECONDS = 20.0
AGAIN_SECONDS, SELDOM_SECONDS = 5.0, 30.0
MOST_TRIES = 5
MOST_WORDS = 3
"""So often a person says what became of the renders of one job."""


class People:
    """They ask whatever process runs, and ask again when nobody answers."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self.approvals: dict[str, Approve] = {}
        self.are_stored: set[str] = set()
        self._said: Counter[str] = Counter()

    async def approve(self, job_id: str, storyboard: str, *, after_seconds: float) -> None:
        """Approve until it is stored: the bus delivers an approval again until it is acknowledged."""
        await asyncio.sleep(after_seconds)
        command = self.approvals[job_id] = _approval(
            storyboard, is_uploaded=self._home.world.plan.has("uploaded_images")
        )
        while not await self._ask(f"approves {job_id}", lambda jobs: jobs.approve(job_id, command)):
            await asyncio.sleep(AGAIN_SECONDS if self._home.running else SELDOM_SECONDS)
        self.are_stored.add(job_id)

    async def act(self, strike: Strike) -> None:
        """Do what the strike says to one of the jobs."""
        jobs = sorted(self.approvals)
        if not jobs:
            return
        job_id = jobs[int(strike.draws[1] * len(jobs))]
        operation = self._operation(strike.what, job_id)
        for _ in range(MOST_TRIES):
            if await self._ask(f"{strike.what}: {job_id}", operation):
                return
            await asyncio.sleep(AGAIN_SECONDS)

    async def resolve(self) -> None:
        """Say of every render that nobody else can tell about what became of it: its id, or that there is none."""
        while True:
            await asyncio.sleep(SELDOM_SECONDS)
            for job in self._home.installation.jobs():
                for render in job.unresolved_renders:
                    if self._said[job.job_id] < MOST_WORDS:
                        self._said[job.job_id] += 1
                        await self._say(job.job_id, self._home.world.provider.books.created_for(render.token))

    def will_resolve(self, job: Job) -> bool:
        """Tell whether somebody will still say something of a job that needs a person."""
        return self._home.world.plan.has("resolves") and job.needs_operator and self._said[job.job_id] < MOST_WORDS

    async def _say(self, job_id: str, found: str | None) -> None:
        what = f"finds {found} for {job_id}" if found else f"finds nothing for {job_id}"
        await self._ask(what, lambda jobs: jobs.retry(job_id, by="ada", render_id=found))

    def _operation(self, what: str, job_id: str) -> Operation:
        command = self.approvals[job_id]
        match what:
            case "cancels":
                return lambda jobs: jobs.cancel(job_id, by="ada")
            case "retries":
                return lambda jobs: jobs.retry(job_id, by="ada")
            case _:
                return lambda jobs: jobs.approve(job_id, command)

    async def _ask(self, what: str, operation: Operation) -> bool:
        """Return whether there was an answer, also a refusal."""
        running = self._home.running
        if not running:
            return False
        task = running[0].do(operation)
        await asyncio.wait({task}, timeout=PATIENCE_SECONDS)
        if not task.done():
            return False
        try:
            task.result()
        except (IllegalMove, NotFound) as error:
            self._tell(f"{what}: {error}")
        except ReelwrightError as error:
            self._tell(f"{what}: {error}")
            return False
        else:
            self._tell(what)
        return True

    def _tell(self, what: str) -> None:
        self._home.world.story.tell("people", what)


def _approval(storyboard: str, *, is_uploaded: bool) -> Approve:
    scene = Scene(
        scene_number=1,
        image_url=image_url(storyboard, is_uploaded=is_uploaded),
        description=f"Überfahrt im Sturm - {storyboard}",
        duration_seconds=5.0,
    )
    hashed = storyboard_hash((scene,), OutputWishes())
    return Approve(storyboard=(scene,), output=OutputWishes(), storyboard_hash=hashed)
