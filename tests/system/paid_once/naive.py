"""A worker as it is often written, kept to show that the certificate catches it: a thread a job, and try again.

It keeps no record of what it asked for, so an unknown outcome and a restart both ask, and pay, once more.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import nats
from nats.js import api

TRIES = 5
WAIT_SECONDS = 0.2
POLLS = 300
ACK_WAIT_SECONDS = 2.0

Say = Callable[..., None]


def render(provider: httpx.Client, job: dict[str, Any], say: Say) -> None:
    """Create, poll, download; whatever goes wrong, begin anew."""
    images = [scene["image_url"] for scene in job["storyboard"]]
    for attempt in range(1, TRIES + 1):
        say("RenderRequested", "rendering", attempt=attempt)
        try:
            made = provider.post("models/fake/film/predictions", json={"input": {"image_urls": images}})
            made.raise_for_status()
            output = _wait_for(provider, made.json()["id"])
            size_bytes = len(provider.get(output).raise_for_status().content)
        except (httpx.HTTPError, ValueError, KeyError):
            time.sleep(WAIT_SECONDS)
        else:
            say("VideoCompleted", "completed", attempt=attempt, size_bytes=size_bytes)
            return
    say("JobFailed", "failed", attempt=TRIES)


def _wait_for(provider: httpx.Client, render_id: str) -> str:
    for _ in range(POLLS):
        try:
            answer = provider.get(f"predictions/{render_id}").raise_for_status().json()
        except httpx.HTTPError:
            continue
        if answer["status"] == "succeeded":
            return str(answer["output"])
        if answer["status"] in ("failed", "canceled", "aborted"):
            raise ValueError(answer["status"])
        time.sleep(WAIT_SECONDS)
    raise ValueError("too slow")


async def work() -> None:
    """Take approvals, a thread for each, and acknowledge when the thread is done."""
    client = await nats.connect(os.environ["NATS_URL"])
    js, loop = client.jetstream(), asyncio.get_running_loop()
    config = api.ConsumerConfig(ack_wait=ACK_WAIT_SECONDS)
    approvals = await js.pull_subscribe("storyboard.approved", durable="naive", stream="STORYBOARD", config=config)

    def thread(message: Any) -> None:
        job, sequence = json.loads(message.data), 0

        def publish(subject: str, body: dict[str, Any]) -> None:
            sending = js.publish(subject, json.dumps(body).encode())
            asyncio.run_coroutine_threadsafe(sending, loop).result()

        def say(event: str, status: str, **more: Any) -> None:
            nonlocal sequence
            sequence += 1
            body = {"job_id": job["job_id"], "sequence": sequence, "event": event, "status": status, **more}
            body["occurred_at"] = datetime.now(UTC).isoformat()
            publish("video.progress", body)
            if status in ("completed", "failed"):
                publish(f"video.{status}", body)

        with httpx.Client(
            base_url=os.environ["PROVIDER_URL"], headers={"Authorization": "Bearer any"}, timeout=1.5
        ) as provider:
            render(provider, job, say)
        asyncio.run_coroutine_threadsafe(message.ack(), loop).result()

    while True:
        try:
            for message in await approvals.fetch(8, timeout=1):
                threading.Thread(target=thread, args=(message,), daemon=True).start()
        except TimeoutError:
            continue


if __name__ == "__main__":
    asyncio.run(work())
