"""The slideshow as a renderer: which renders are under way, how far they are and how they ended."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import Event

import av
import structlog

from adapters.disk import disk_failure
from adapters.renderers.image_files import ImageFiles
from adapters.renderers.slideshow.film import BadScene, Film, Shot
from adapters.renderers.slideshow.screen import screen_of
from adapters.renderers.slideshow.stage import KEPT_SECONDS, Stage
from domain.errors import DiskTrouble, Refused, Unavailable
from domain.rendering import Cancelled, Failed, Found, Lost, RenderProgress, RenderRequest, Running, Succeeded
from domain.storyboard import Scene, total_seconds

log = structlog.get_logger(__name__)

WORKERS = 2
FETCHES_AT_ONCE = 4
PLACE = "the staging folder"

Outcome = Succeeded | Failed


class Watch:
    """What a film's thread and its owner share: each writes one side, the other reads it."""

    def __init__(self, progress: Running) -> None:
        self.progress = progress
        self.changed = time.monotonic()
        self.stop = Event()

    def report(self, progress: Running) -> None:
        """Take the latest from the thread."""
        self.progress = progress
        self.changed = time.monotonic()


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalRender:
    """A render of this process, running or ended."""

    task: asyncio.Task[Outcome]
    watch: Watch


class SlideshowRenderer:
    """Renders on this machine, at most `workers` at a time; a render's id is its order's token.

    Finished files stay in `staging_dir` for an hour, for the video store to fetch and for a restart to find.
    """

    name = "slideshow"
    model: str | None = None
    bills = False

    def __init__(self, images: ImageFiles, staging_dir: Path, workers: int = WORKERS) -> None:
        self._images = images
        self._stage = Stage(staging_dir)
        self._slots = asyncio.Semaphore(workers)
        self._works: dict[str, LocalRender] = {}
        self._closed = False

    async def check(self) -> None:
        """Find nothing wrong: there is nothing to configure."""

    async def prepare(self, request: RenderRequest) -> None:
        """Leave the images to the render itself: it runs on this machine."""

    def request_hash(self, request: RenderRequest) -> str:
        """Name what would be rendered, by token: nothing is paid, so equal input may be rendered twice."""
        what = {
            "renderer": self.name,
            "token": request.token,
            "scene": request.scene,
            "scenes": [asdict(scene) for scene in request.scenes],
            "output": asdict(request.output),
        }
        return hashlib.sha256(json.dumps(what, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    def seconds_sent(self, request: RenderRequest) -> float | None:
        """Return the sum of the scenes' lengths."""
        return total_seconds(_chosen(request))

    async def submit(self, request: RenderRequest) -> str:
        """Start the render, unless this token already runs or has ended. Raises Unavailable, Refused."""
        scenes = _chosen(request)
        await self._sweep()
        finished = await self._finished(request.token)
        if self._closed:
            raise Unavailable("This process is shutting down")
        if finished is None and request.token not in self._works:
            self._start(request, scenes)
        return request.token

    async def follow(self, render_id: str) -> RenderProgress:
        """Return how far it is, or how it ended; Lost when neither this process nor the staging folder knows it.

        Raises Unavailable once when the disk was full: the render is forgotten then, and may be submitted again.
        """
        work = self._works.get(render_id)
        if work is None:
            return await self._finished(render_id) or Lost()
        if not work.task.done():
            return work.watch.progress
        if work.task.cancelled():
            return Cancelled()
        try:
            return work.task.result()
        except Unavailable:
            del self._works[render_id]
            raise

    async def cancel(self, render_id: str) -> None:
        """Ask for an end; it stops within a second."""
        work = self._works.get(render_id)
        if work is not None:
            work.task.cancel()

    async def find(self, request: RenderRequest, *, since: datetime) -> Found:  # noqa: ARG002 - nothing is listed
        """Return none: nothing that costs money can be open."""
        return Found()

    async def close(self) -> None:
        """Stop all renders and wait for their end; those cut short are Lost to whoever asks next."""
        self._closed = True
        tasks = [work.task for work in self._works.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._works.clear()

    def _start(self, request: RenderRequest, scenes: Sequence[Scene]) -> None:
        watch = Watch(Running(percent=0, current_scene=scenes[0].scene_number))
        task = asyncio.create_task(self._render(request, scenes, watch), name=f"slideshow {request.token}")
        self._works[request.token] = LocalRender(task=task, watch=watch)

    async def _render(self, request: RenderRequest, scenes: Sequence[Scene], watch: Watch) -> Outcome:
        try:
            shots = await self._shots(scenes)
            async with self._slots:
                film = Film(shots, screen_of(request.output), stop=watch.stop, report=watch.report)
                done = await _to_its_end(partial(self._stage.produce, request.token, film.write), watch.stop)
        except BadScene as error:
            return Failed(reason=str(error), permanent=error.permanent)
        except OSError as error:
            raise disk_failure(error, place=PLACE) from error
        except (av.FFmpegError, Refused) as error:
            return Failed(reason=f"The encoder failed: {error}")
        log.info("slideshow_rendered", job_id=request.job_id, scenes=len(scenes), seconds=done.duration_seconds)
        return done

    async def _shots(self, scenes: Sequence[Scene]) -> list[Shot]:
        """Fetch all images before the film begins: one that is missing is found at once."""
        shots: list[Shot] = []
        for start in range(0, len(scenes), FETCHES_AT_ONCE):
            window = scenes[start : start + FETCHES_AT_ONCE]
            fetched = await asyncio.gather(*(self._shot(scene) for scene in window), return_exceptions=True)
            for shot in fetched:
                if isinstance(shot, BaseException):
                    raise shot
                shots.append(shot)
        return shots

    async def _shot(self, scene: Scene) -> Shot:
        try:
            image = await self._images.fetch(scene.image_url)
        except Refused as error:
            raise BadScene(scene.scene_number, str(error)) from error
        except DiskTrouble:
            raise
        except Unavailable as error:
            raise BadScene(scene.scene_number, str(error), permanent=False) from error
        return Shot(scene_number=scene.scene_number, image=image, seconds=scene.duration_seconds)

    async def _finished(self, token: str) -> Succeeded | None:
        try:
            return await asyncio.to_thread(self._stage.finished, token)
        except OSError as error:
            raise disk_failure(error, place=PLACE) from error

    async def _sweep(self) -> None:
        """Forget renders that ended an hour ago, and their files."""
        oldest = time.monotonic() - KEPT_SECONDS
        for token, work in list(self._works.items()):
            if work.task.done() and work.watch.changed < oldest:
                del self._works[token]
        try:
            await asyncio.to_thread(self._stage.sweep)
        except OSError as error:
            raise disk_failure(error, place=PLACE) from error


async def _to_its_end(work: Callable[[], Succeeded], stop: Event) -> Succeeded:
    """Run it in a thread. When cancelled, stop the thread and wait for it: a slot is free when it really is."""
    running = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        stop.set()
        while not running.done():
            with suppress(asyncio.CancelledError):  # of a second cancel, while the first one takes effect
                await asyncio.wait([running])
        running.exception()
        raise


def _chosen(request: RenderRequest) -> Sequence[Scene]:
    scenes = [scene for scene in request.scenes if request.scene in {None, scene.scene_number}]
    if not scenes:
        raise Refused("There is no scene to render" if request.scene is None else f"There is no scene {request.scene}")
    return scenes
