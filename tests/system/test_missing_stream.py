"""A stream of approvals that cannot be made again: the service says so, burns nothing, and goes on when it can."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import nats
import psutil

from tests.fixtures.nats import NatsServer
from tests.system.running import Service, approval

LOOK_SECONDS = 3.0
BUSY = 0.25
"""Of a core. Asking at full speed takes half of one and more."""


async def test_without_its_stream_intake_burns_no_processor_and_goes_on_when_it_is_there(
    service: Service, nats_server: NatsServer
) -> None:
    service.settings |= {"REELWRIGHT_RENDERER": "noop", "REELWRIGHT_NATS_URL": nats_server.url}
    await service.start()
    client = await nats.connect(nats_server.url)
    js = client.jetstream()
    await js.delete_stream("STORYBOARD")
    await js.add_stream(name="IN_THE_WAY", subjects=["storyboard.>"])

    async def says_so() -> dict[str, Any] | None:
        async with httpx.AsyncClient() as http:
            answer = await http.get(f"{service.url}/readyz")
            return answer.json() if answer.status_code == 503 else None

    async def paused() -> bool:
        return "intake_paused" in service.log_path.read_text()

    await service.until(says_so, what="a reason in /readyz")
    await service.until(paused, what="intake paused")
    assert service.process is not None
    process = psutil.Process(service.process.pid)
    process.cpu_percent()
    await asyncio.sleep(LOOK_SECONDS)
    assert process.cpu_percent() < BUSY * 100
    await js.delete_stream("IN_THE_WAY")
    await service.until(service.is_ready, what="ready again")
    await service.approve(approval("after", scenes=1))
    await service.job_in("after", "completed")
    await client.close()


async def test_approvals_are_taken_while_only_the_stream_of_announcements_is_missing(
    service: Service, nats_server: NatsServer
) -> None:
    service.settings |= {"REELWRIGHT_RENDERER": "noop", "REELWRIGHT_NATS_URL": nats_server.url}
    await service.start()
    client = await nats.connect(nats_server.url)
    js = client.jetstream()
    await js.delete_stream("VIDEO")
    await js.add_stream(name="IN_THE_WAY", subjects=["video.>"])

    async def not_ready() -> bool:
        return not await service.is_ready()

    await service.until(not_ready, what="/readyz red")
    await asyncio.sleep(LOOK_SECONDS)
    await service.approve(approval("meanwhile", scenes=1))
    await service.job_in("meanwhile", "completed")
    await client.close()
