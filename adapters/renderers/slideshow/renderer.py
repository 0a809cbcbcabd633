"""The slideshow as a renderer: starts, follows and cancels renders of this process."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from threading import Event

import av
import structlog

from adapters.disk import disk_failure, in_thread
from adapters.images.store import ImageStore
from adapters.renderers.slideshow.film import BadScene, Film, Shot
from adapters.renderers.slideshow.screen import screen_of
from adapters.renderers.slideshow.staged_renders import KEPT_SECONDS, StagedRenders
from domain.errors import DiskTrouble, Refused, Unavailable
from domain.rendering import (
    Cancelled,
    Failed,
    Found,
    Lost,
    RenderOrder,
    RenderProgress,
    RenderRequest,
    Running,
    Succeeded,
)
from domain.storyboard import Scene, total_seconds

log = structlog.get_logger(__name__)

WORKERS = 2
FETCHES_AT_ONCE = 4
PLACE = "the staging folder"

Outcome = Succeeded | Failed


class SharedProgress:
    """What the thread and the task of a render share: the thread writes the progress, the task sets `stop`."""

    def __init__(self, progress: Running) -> None:
        self.progress = progress
        self.changed = time.monotonic()
        self.stop = Event()

    def report(self, progress: Running) -> None:
        """Keep the newest progress."""
        self.progress = progress
        self.changed = time.monotonic()


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalRender:
    """A render of this process, running or ended."""

    task: asyncio.Task[Outcome]
    shared: SharedProgress


class SlideshowRenderer:
    """Renders on this machine, at most `workers` at a time; the id of a render is its token.

    Finished files stay in `staging_dir` for an hour: the video store fetches them, also after a restart.
    """

    name = "slideshow"
    model: str | None = None
    account: str | None = None
    bills = False

    def __init__(self, images: ImageStore, staging_dir: Path, workers: int = WORKERS) -> None:
        self._images = images
        self._staged = StagedRenders(staging_dir)
        self._slots = asyncio.Semaphore(workers)
        self._renders: dict[str, LocalRender] = {}
        self._closed = False

    async def check(self) -> None:
        """Do nothing: there is nothing to configure."""

    async def prepare(self, request: RenderRequest) -> RenderOrder:
        """Return the order: the render itself fetches the images. Raises Refused."""
        return self.order_of(request)

    def order_of(self, request: RenderRequest) -> RenderOrder:
        """Return the order for the sum of the scenes' lengths. Raises Refused."""
        seconds = total_seconds(_chosen(request))
        return RenderOrder(
            renderer=self.name, model=None, request_hash=self._request_hash(request), seconds_sent=seconds
        )

    def _request_hash(self, request: RenderRequest) -> str:
        """Return a hash with the token in it: nothing is paid, so equal input may be rendered twice."""
        content = {
            "renderer": self.name,
            "token": request.token,
            "scene": request.scene,
            "scenes": [asdict(scene) for scene in request.scenes],
            "output": asdict(request.output),
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    async def submit(self, request: RenderRequest, order: RenderOrder) -> str:  # noqa: ARG002 - the request says it all
        """Start the render, unless this token already runs or has ended. Raises Unavailable, Refused."""
        scenes = _chosen(request)
        await self._sweep()
        finished = await self._finished(request.token)
        if self._closed:
            raise Unavailable("This process is shutting down")
        if finished is None and request.token not in self._renders:
            self._start(request, scenes)
        return request.token

    async def follow(self, render_id: str, order: RenderOrder) -> RenderProgress:  # noqa: ARG002 - the id says it all
        """Return the progress or the outcome; Lost where neither this process nor the staging folder knows it.

        Raises Unavailable where the disk was full: the render is forgotten then, and may be submitted again.
        """
        render = self._renders.get(render_id)
        if render is None:
            return await self._finished(render_id) or Lost()
        if not render.task.done():
            return render.shared.progress
        if render.task.cancelled():
            return Cancelled()
        try:
            return render.task.result()
        except Unavailable:
            del self._renders[render_id]
            raise

    async def cancel(self, render_id: str) -> None:
        """Cancel it; it stops within a second."""
        if render := self._renders.get(render_id):
            render.task.cancel()

    async def find(self, order: RenderOrder) -> Found:  # noqa: ARG002 - nothing is listed
        """Return nothing found: no render here costs money."""
        return Found()

    async def close(self) -> None:
        """Stop all renders and wait for their end; unfinished ones are Lost."""
        self._closed = True
        tasks = [render.task for render in self._renders.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._renders.clear()

    def _start(self, request: RenderRequest, scenes: Sequence[Scene]) -> None:
        shared = SharedProgress(Running(percent=0, current_scene=scenes[0].scene_number))
        task = asyncio.create_task(self._render(request, scenes, shared), name=f"slideshow {request.token}")
        self._renders[request.token] = LocalRender(task=task, shared=shared)

    async def _render(self, request: RenderRequest, scenes: Sequence[Scene], shared: SharedProgress) -> Outcome:
        try:
            shots = await self._shots(scenes)
            async with self._slots:
                film = Film(shots, screen_of(request.output), stop=shared.stop, report=shared.report)
                done = await _run_to_end(partial(self._staged.produce, request.token, film.write), shared.stop)
        except BadScene as error:
            return Failed(reason=str(error), permanent=error.permanent)
        except OSError as error:
            raise disk_failure(error, place=PLACE) from error
        except (av.FFmpegError, Refused) as error:
            return Failed(reason=f"The encoder failed: {error}")
        log.info("slideshow_rendered", job_id=request.job_id, scenes=len(scenes), seconds=done.duration_seconds)
        return done

    async def _shots(self, scenes: Sequence[Scene]) -> list[Shot]:
        """Fetch all images first: a missing one is found at once."""
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
        return await in_thread(PLACE, self._staged.finished, token)

    async def _sweep(self) -> None:
        """Forget renders that ended an hour ago, and their files."""
        oldest = time.monotonic() - KEPT_SECONDS
        for token, render in list(self._renders.items()):
            if render.task.done() and render.shared.changed < oldest:
                del self._renders[token]
        await in_thread(PLACE, self._staged.sweep)


async def _run_to_end(work: Callable[[], Succeeded], stop: Event) -> Succeeded:
    """Run it in a thread. When cancelled, stop the thread and wait for its end, so that the slot is free."""
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
