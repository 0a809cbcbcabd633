"""How long from a stored event to the eye: `python -m tests.web.latency` prints p50 and p99 in milliseconds.

A thousand jobs move, twenty tabs of one browser watch the list. The time begins when the append returns and ends when
the row has changed in the tab that is measured. That one is in front; the others know that they are hidden, as in a
browser that people use. Playwright tells every tab that it is looked at, so that all of them would draw.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from time import time

from playwright.async_api import Page

from tests.service.http.harness import HttpHarness, open_harness, progressed, requested
from tests.web.browsing import Watched, launched, window
from tests.web.test_many import many_jobs

JOBS = 1000
TABS = 20
PROBES = 200
MOVES_PER_SECOND = 100
HIDDEN = """() => {
    Object.defineProperty(document, "hidden", {get: () => true});
    document.dispatchEvent(new Event("visibilitychange"));
}"""
SEEN = """() => {
    globalThis.seen = {};
    const note = ({dataset}) => {
        seen[`${dataset.jobId} ${dataset.version}`] ??= performance.timeOrigin + performance.now();
    };
    new MutationObserver(changes => changes.forEach(change => note(change.target)))
        .observe(document.getElementById("jobs"), {subtree: true, attributeFilter: ["data-version"]});
}"""


async def main() -> None:
    """Measure with the other tabs hidden, as they are, and once more with all of them drawing."""
    for drawing in (1, TABS):
        with tempfile.TemporaryDirectory() as folder:
            async with open_harness(Path(folder)) as harness, launched() as browser, window(browser) as watched:
                print(json.dumps(await watched_by(harness, watched, drawing=drawing)))


async def watched_by(harness: HttpHarness, watched: Watched, *, drawing: int) -> dict[str, float]:
    await many_jobs(harness, JOBS)
    pages = [await watched.open(f"{harness.url}/") for _ in range(TABS)]
    for page in pages:
        await page.locator('#line-state[data-state="live"]').wait_for(state="attached")
    await pages[0].bring_to_front()
    for page in pages[drawing:]:
        await page.evaluate(HIDDEN)
    return {**await measured(harness, pages[0]), "drawing": drawing}


async def measured(harness: HttpHarness, page: Page) -> dict[str, float]:
    await page.evaluate(SEEN)
    moving = asyncio.create_task(move(harness))
    stored: dict[str, float] = {}
    # The newest jobs are the ones in the list.
    for number in range(PROBES):
        job_id = f"job-{JOBS - 1 - number % 40}"
        lap = number // 40
        await harness.given(job_id, *([requested(f"{job_id}")] if lap == 0 else [progressed(lap * 20)]))
        stored[f"{job_id} {lap + 2}"] = time()
        await asyncio.sleep(0.05)
    await page.wait_for_function("name => name in seen", arg=list(stored)[-1])
    moving.cancel()
    await asyncio.wait({moving})
    seen = await page.evaluate("() => seen")
    took = sorted((seen[name] / 1000 - at) * 1000 for name, at in stored.items() if name in seen)
    return {
        "probes": len(stored),
        "seen": len(took),
        "p50_ms": round(took[len(took) // 2], 1),
        "p99_ms": round(took[int(len(took) * 0.99)], 1),
        "jobs": JOBS,
        "tabs": TABS,
    }


async def move(harness: HttpHarness) -> None:
    """Have the older jobs move, one after the other, for as long as it is measured."""
    moved: dict[str, int] = {}
    while True:
        for number in range(JOBS - 50):
            job_id = f"job-{number}"
            lap = moved[job_id] = moved.get(job_id, -1) + 1
            await harness.given(job_id, *([requested(job_id)] if lap == 0 else [progressed(min(lap * 5, 95))]))
            await asyncio.sleep(1 / MOVES_PER_SECOND)


if __name__ == "__main__":
    asyncio.run(main())
