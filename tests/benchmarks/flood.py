"""Approvals as fast as they are finished: a bounded number of jobs in flight, seen only through NATS."""

from __future__ import annotations

import asyncio
import json
import time

import nats
from nats.aio.msg import Msg

LIMIT_SECONDS = 180.0
STORYBOARD = [{"image_url": f"https://example.com/{n}.jpg", "duration_seconds": 3.0} for n in range(5)]


async def flood(url: str, *, jobs: int, in_flight: int, prefix: str) -> float:
    """Publish approvals, never more than `in_flight` unfinished; return the seconds until the last is complete."""
    client = await nats.connect(url)
    free, left, done = asyncio.Semaphore(in_flight), jobs, asyncio.Event()

    async def finished(message: Msg) -> None:
        nonlocal left
        if json.loads(message.data)["job_id"].startswith(f"{prefix}-"):
            left -= 1
            free.release()
            if left == 0:
                done.set()

    await client.subscribe("video.completed", cb=finished)
    js = client.jetstream(timeout=30)
    began = time.perf_counter()
    for number in range(jobs):
        await free.acquire()
        body = {"job_id": f"{prefix}-{number}", "estimated_cost": 1.0, "storyboard": STORYBOARD}
        await js.publish("storyboard.approved", json.dumps(body).encode())
    async with asyncio.timeout(LIMIT_SECONDS):
        await done.wait()
    seconds = time.perf_counter() - began
    await client.close()
    return seconds
