"""The storm: jobs keep coming, the provider misbehaves, and the worker is killed again and again."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import nats
from nats.aio.client import Client

from adapters.bus import streams
from tests.system.paid_once.bus import make_bus
from tests.system.paid_once.provider import Provider, approval_of
from tests.system.paid_once.verdict import FINAL, Observed
from tests.system.paid_once.worker import Worker

HOSTILE: dict[str, Any] = {
    "starting_seconds": 0.3,
    "render_seconds": 1.2,
    "list_lag_seconds": 0.5,
    "video_seconds": 1.0,
    "rates": {
        "create": {
            "lose_answer": 0.05,
            "error_after": 0.03,
            "half_answer": 0.02,
            "garbage": 0.01,
            "hang_after": 0.01,
            "error_before": 0.03,
            "reset_before": 0.02,
            "throttle": 0.04,
        },
        "render": {"fail": 0.03, "cancel": 0.01},
        "get": {"error": 0.04, "reset": 0.03, "half_answer": 0.02, "throttle": 0.01, "not_found": 0.01},
        "list": {"error": 0.05, "reset": 0.03, "half_answer": 0.02},
        "download": {"cut": 0.06, "error": 0.04, "truncated": 0.02, "html": 0.01, "empty": 0.01},
    },
}
QUIET_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How large a storm is; the same seed gives the same jobs, faults and moments."""

    jobs: int
    kills: int
    seed: int = 1
    twins: int = 4
    longest_life_seconds: float = 8.0
    limit_seconds: float = 180.0
    ack_wait_seconds: float = streams.ACK_WAIT_SECONDS
    faults: Mapping[str, Any] = field(default_factory=lambda: HOSTILE)

    @property
    def images(self) -> dict[str, str]:
        """Each job and its images: every fifth group of jobs has one storyboard between them."""
        groups = (number // self.twins for number in range(self.jobs))
        return {
            f"job-{number}": f"twins-{group}" if group % 5 == 0 else f"job-{number}"
            for number, group in enumerate(groups)
        }


class Storm:
    """One run of a plan against one worker."""

    def __init__(self, plan: Plan, worker: Worker, provider: Provider, *, nats_url: str) -> None:
        self._plan, self._worker, self._provider, self._nats_url = plan, worker, provider, nats_url
        self._random = random.Random(plan.seed)
        self._announced: list[dict[str, Any]] = []
        self._ended: set[str] = set()
        self._heard_at = time.monotonic()
        self._killed_at: list[datetime] = []
        self._restarts_ms: list[float] = []

    async def run(self) -> Observed:
        """Publish, kill, and wait for the last word of every job, or for the limit."""
        began = time.monotonic()
        client = await nats.connect(self._nats_url)
        try:
            await make_bus(client, ack_wait_seconds=self._plan.ack_wait_seconds)
            await client.jetstream().subscribe("video.>", stream="VIDEO", ordered_consumer=True, cb=self._hear)
            await self._lives(client)
            await self._until_all_ended()
        finally:
            self._worker.kill()
            await client.close()
        report = self._provider.report
        return Observed(
            worker=self._worker.name,
            images=self._plan.images,
            creates=report["creates"],
            announced=self._announced,
            killed_at=self._killed_at,
            restarts_ms=self._restarts_ms,
            faults=report["faults"],
            seconds=round(time.monotonic() - began, 1),
        )

    async def _lives(self, client: Client) -> None:
        for jobs in self._portions():
            for job_id in jobs:
                body = json.dumps(approval_of(job_id, image=self._plan.images[job_id])).encode()
                await client.jetstream().publish("storyboard.approved", body)
            await self._worker.start()
            if self._killed_at:
                self._restarts_ms.append((datetime.now(UTC) - self._killed_at[-1]).total_seconds() * 1000)
            if len(self._killed_at) < self._plan.kills:
                await asyncio.sleep(self._random.uniform(0.0, self._plan.longest_life_seconds))
                self._worker.kill()
                self._killed_at.append(datetime.now(UTC))

    def _portions(self) -> Iterator[Sequence[str]]:
        """Share the jobs among the lives of the worker, so that it is never killed idle."""
        jobs, lives = list(self._plan.images), self._plan.kills + 1
        return (jobs[life * len(jobs) // lives : (life + 1) * len(jobs) // lives] for life in range(lives))

    async def _until_all_ended(self) -> None:
        """Wait for the end of all jobs, and a while longer: what is said twice is often said late."""
        deadline = time.monotonic() + self._plan.limit_seconds
        while len(self._ended) < self._plan.jobs and time.monotonic() < deadline:
            await asyncio.sleep(0.1)
        while time.monotonic() < min(self._heard_at + QUIET_SECONDS, deadline):
            await asyncio.sleep(0.1)

    async def _hear(self, message: Any) -> None:
        body = json.loads(message.data) | {"subject": message.subject}
        self._announced.append(body)
        self._heard_at = time.monotonic()
        if message.subject in FINAL:
            self._ended.add(str(body["job_id"]))
