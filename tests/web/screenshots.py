"""Images of the page for the documentation: `python -m tests.web.screenshots` makes all of them anew.

A whole service renders the sample, so that images and video are real; what else can be seen happened to its jobs by
the same orders that a worker gives.
"""

from __future__ import annotations

import asyncio
import io
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from PIL import Image

from adapters import clock
from domain import commands as c
from domain.retry import RetryPolicy
from tests.service.http.harness import HttpHarness, open_harness, requested
from tests.system.running import Service
from tests.web.browsing import launched, window

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
SIZES = {"phone": (390, 844), "laptop": (1280, 800), "wide": (1728, 1000)}
WANTED = (
    ("list", "laptop", "light"),
    ("list", "wide", "dark"),
    ("list", "phone", "dark"),
    ("running", "laptop", "light"),
    ("running", "wide", "dark"),
    ("running", "phone", "dark"),
    ("failed", "laptop", "dark"),
    ("failed", "wide", "light"),
    ("failed", "phone", "light"),
    ("done", "laptop", "light"),
    ("done", "wide", "dark"),
    ("done", "phone", "light"),
    ("new", "laptop", "light"),
)
FAILURES = (
    ("The provider's model ran out of memory", 0.2),
    ("The provider answers with 503", 30.0),
    ("The provider's model ran out of memory", 90.0),
)
"""Why each attempt failed, and how long it was waited before it."""
QUALITY = 80
FADED_MS = 1500
"""When the wheel that the browser draws over a loading video is gone."""


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder) / "DATA"
        done = await render_sample(data_dir)
        stage = Stage()
        clock.now = stage.now
        async with open_harness(data_dir) as harness:
            storyboard = (await harness.client.get(f"/api/jobs/{done}")).json()["storyboard"]
            await happen(harness, stage, storyboard)
            paths = {
                "list": "/",
                "running": "/jobs/boat-at-sunset",
                "failed": "/jobs/boat-in-the-rain",
                "done": f"/jobs/{done}",
                "new": "/new",
            }
            await take(harness, paths)


class Stage:
    """A clock that the story moves: what takes minutes is told in seconds."""

    def __init__(self) -> None:
        self._at = datetime.now(UTC)

    def now(self) -> datetime:
        return self._at

    def after(self, seconds: float) -> None:
        self._at += timedelta(seconds=seconds)


async def render_sample(data_dir: Path) -> str:
    service = Service(data_dir)
    await service.start()
    try:
        async with httpx.AsyncClient(base_url=service.url) as client:
            headers = {"Origin": service.url, "Content-Type": "application/x-www-form-urlencoded"}
            answer = await client.post("/new/sample", headers=headers)
        job_id = answer.headers["location"].rpartition("/")[2]
        await service.job_in(job_id, "completed", seconds=300)
    finally:
        service.stop()
    return job_id


async def happen(harness: HttpHarness, stage: Stage, storyboard: list[dict[str, object]]) -> None:
    """Fill the list: a job of every kind, the one that runs on top."""

    async def approve(job_id: str) -> None:
        stage.after(41.0)
        answer = await harness.approve(job_id, storyboard=storyboard, estimated_cost=0.82)
        answer.raise_for_status()

    async def happen_to(job_id: str, seconds: float, *commands: c.Command) -> None:
        stage.after(seconds)
        await harness.given(job_id, *commands)

    def render(job_id: str, number: int = 1) -> list[c.Command]:
        token = f"{job_id}-{number}"
        return [requested(token), c.AcceptRender(token=token, render_id=f"render-{token}")]

    def failed(token: str, reason: str) -> c.FailRender:
        return c.FailRender(token=token, reason=reason, at=stage.now(), retry=RetryPolicy())

    await approve("boat-by-the-bridge")
    await happen_to("boat-by-the-bridge", 12.0, c.Cancel(by="ada", reason="another ending is wanted"))
    await approve("boat-in-the-rain")
    for number, (reason, waited) in enumerate(FAILURES, start=1):
        await happen_to("boat-in-the-rain", waited, *render("boat-in-the-rain", number))
        await happen_to("boat-in-the-rain", 23.4, failed(f"boat-in-the-rain-{number}", reason))
    for name in ("boat-at-night", "boat-at-noon"):
        await approve(name)
    await happen_to("boat-at-night", 0.2, *render("boat-at-night"))
    await happen_to("boat-at-night", 9.0, failed("boat-at-night-1", "The provider answers with 503"))
    await approve("boat-at-sunset")
    await happen_to("boat-at-sunset", 0.3, *render("boat-at-sunset"))
    for number in range(1, 11):
        await happen_to("boat-at-sunset", 3.8, progress(number * 5))


def progress(percent: int) -> c.ReportProgress:
    scene = 1 + percent // 20
    return c.ReportProgress(
        percent=percent, scenes_completed=scene - 1, current_scene=scene, estimated_completion_seconds=90 - percent
    )


async def take(harness: HttpHarness, paths: dict[str, str]) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    async with launched() as browser:
        for name, size, scheme in WANTED:
            async with window(browser, size=SIZES[size], scheme=scheme) as watched:
                page = await watched.open(f"{harness.url}{paths[name]}")
                await page.wait_for_load_state("networkidle" if name == "new" else "load")
                await page.wait_for_function(
                    "() => [...document.images].every(image => image.complete || image.loading === 'lazy')"
                )
                if name != "new":
                    await page.locator('#line-state[data-state="live"]').wait_for()
                if name == "done":
                    await page.wait_for_function("() => document.querySelector('video').networkState === 1")
                    await page.wait_for_timeout(FADED_MS)
                keep(await page.screenshot(), FOLDER / f"{name}-{size}-{scheme}.webp")


def keep(png: bytes, path: Path) -> None:
    Image.open(io.BytesIO(png)).convert("RGB").save(path, quality=QUALITY, method=6)
    print(f"{path.name}: {path.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    asyncio.run(main())
