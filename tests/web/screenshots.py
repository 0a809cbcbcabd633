"""Pictures of the page for the documentation: `python -m tests.web.screenshots` makes all of them anew.

A whole service renders the sample, so that pictures and video are real; what else can be seen happened to its jobs by
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

from domain import commands as c
from domain.retry import RetryPolicy
from tests.service.api.house import House, open_house, requested
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
QUALITY = 80


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder) / "DATA"
        done = await render_sample(data_dir)
        async with open_house(data_dir) as house:
            storyboard = (await house.client.get(f"/api/jobs/{done}")).json()["storyboard"]
            await happen(house, storyboard)
            paths = {
                "list": "/",
                "running": "/jobs/boat-at-sunset",
                "failed": "/jobs/boat-in-the-rain",
                "done": f"/jobs/{done}",
                "new": "/new",
            }
            await take(house, paths)


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


async def happen(house: House, storyboard: list[dict[str, object]]) -> None:
    """Fill the list: a job of every kind, the one that runs on top."""

    async def approve(job_id: str) -> None:
        answer = await house.approve(job_id, storyboard=storyboard, estimated_cost=0.82)
        answer.raise_for_status()

    def render(job_id: str, number: int = 1) -> list[c.Command]:
        token = f"{job_id}-{number}"
        return [requested(token), c.AcceptRender(token=token, render_id=f"render-{token}")]

    await approve("boat-by-the-bridge")
    await house.given("boat-by-the-bridge", c.Cancel(by="ada", reason="another ending is wanted"))
    await approve("boat-in-the-rain")
    reasons = (
        "The provider's model ran out of memory",
        "No answer within 600 s",
        "The provider's model ran out of memory",
    )
    for number, reason in enumerate(reasons, start=1):
        await house.given(
            "boat-in-the-rain", *render("boat-in-the-rain", number), failed(f"boat-in-the-rain-{number}", reason)
        )
    for name in ("boat-at-night", "boat-at-noon"):
        await approve(name)
    await house.given(
        "boat-at-night", *render("boat-at-night"), failed("boat-at-night-1", "The provider answers with 503")
    )
    await approve("boat-at-sunset")
    await house.given("boat-at-sunset", *render("boat-at-sunset"))
    for number in range(1, 11):
        await house.given("boat-at-sunset", progress(number * 5))


def failed(token: str, reason: str) -> c.FailRender:
    now = datetime.now(UTC) + timedelta(seconds=4)
    return c.FailRender(token=token, reason=reason, at=now, retry=RetryPolicy(), basis="not_billed")


def progress(percent: int) -> c.ReportProgress:
    scene = 1 + percent // 20
    return c.ReportProgress(
        percent=percent, scenes_completed=scene - 1, current_scene=scene, estimated_completion_seconds=90 - percent
    )


async def take(house: House, paths: dict[str, str]) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    async with launched() as browser:
        for name, size, scheme in WANTED:
            async with window(browser, size=SIZES[size], scheme=scheme) as watched:
                page = await watched.open(f"{house.url}{paths[name]}")
                await page.wait_for_load_state("networkidle" if name == "new" else "load")
                await page.wait_for_function(
                    "() => [...document.images].every(image => image.complete || image.loading === 'lazy')"
                )
                if name != "new":
                    await page.locator('#line-state[data-state="live"]').wait_for()
                keep(await page.screenshot(), FOLDER / f"{name}-{size}-{scheme}.webp")


def keep(png: bytes, path: Path) -> None:
    Image.open(io.BytesIO(png)).convert("RGB").save(path, quality=QUALITY, method=6)
    print(f"{path.name}: {path.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    asyncio.run(main())
