"""A cancel reaches the provider by whatever way and whenever it comes, and what was spent is recorded."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

import nats
import psutil
import pytest

from tests.system.paid_once.paying import FOR_EVER_SECONDS, Paying
from tests.system.running import run_verb

BUSY_SECONDS, BUSY_PERCENT = 0.5, 40.0


async def by_http(paid: Paying, job_id: str) -> None:
    assert (await paid.order("cancel", job_id)).status_code == 202


async def by_nats(paid: Paying, job_id: str) -> None:
    client = await nats.connect(paid.service.nats_url)
    try:
        body = json.dumps({"job_id": job_id, "by": "a tester", "reason": "no more"}).encode()
        answer = json.loads((await client.request("reelwright.cancel", body, timeout=5)).data)
    finally:
        await client.close()
    assert answer == {"ok": True, "status": "cancelled"}


async def by_command(paid: Paying, job_id: str) -> None:
    done = run_verb(paid.service, "cancel", job_id, "--by", "a tester")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("cancel", [by_http, by_nats, by_command])
async def test_a_cancel_while_rendering_ends_the_render_at_the_provider(
    paid: Paying, cancel: Callable[[Paying, str], Awaitable[None]]
) -> None:
    job_id = f"cancel-{cancel.__name__}"
    paid.provider.change(render_seconds=FOR_EVER_SECONDS)
    await paid.approve(job_id)
    await paid.until_event(job_id, "RenderAccepted")

    async def runs() -> bool:
        return [create["status"] for create in paid.provider.creates_of(job_id)] == ["processing"]

    await paid.service.until(runs)
    await cancel(paid, job_id)
    settled = await paid.until_event(job_id, "RenderSettled")
    (create,) = paid.provider.creates_of(job_id)
    assert (settled["render_id"], settled["outcome"]) == (create["id"], "cancelled")
    assert create["status"] == "canceled"
    job = await paid.service.job(job_id)
    assert job is not None
    assert job["status"] == "cancelled"
    # The images, and the time that it ran: at most the 2 s of video that were asked for.
    assert 0.006 < job["actual_cost"] <= 0.206
    assert settled["basis"] in {"provider_metric", "asked_duration"}


async def test_a_cancel_while_downloading_ends_the_download(paid: Paying) -> None:
    """Once, a download that was told to stop began again and again, as fast as the machine could."""
    paid.provider.change(script={"download": ["stall"] * 5}, hang_seconds=FOR_EVER_SECONDS)
    await paid.approve("cancel-download")
    await paid.service.job_in("cancel-download", "downloading")
    await by_http(paid, "cancel-download")
    await paid.service.job_in("cancel-download", "cancelled")

    assert paid.service.process is not None
    process = psutil.Process(paid.service.process.pid)

    async def at_rest() -> bool:
        return await asyncio.to_thread(process.cpu_percent, BUSY_SECONDS) < BUSY_PERCENT

    await paid.service.until(at_rest, seconds=10, what="a service that rests")
    job = await paid.service.job("cancel-download")
    assert job is not None
    assert job["actual_cost"] == 0.206  # the render was paid: 2 s were asked for, and two images


async def test_a_cancel_between_attempts_leaves_nothing_to_do(paid: Paying) -> None:
    paid.provider.script(download=["error"] * 200)
    await paid.approve("cancel-waiting")
    await paid.until_event("cancel-waiting", "DownloadAttemptFailed")
    await by_http(paid, "cancel-waiting")
    job = await paid.service.job_in("cancel-waiting", "cancelled")
    assert job["waiting_for"] is None
    assert len(paid.provider.creates_of("cancel-waiting")) == 1


async def test_a_cancel_while_the_create_is_unanswered_ends_the_render_that_it_made(paid: Paying) -> None:
    """A lost answer and a cancel at once: the render exists, nobody knows its id, and it must not go on costing."""
    paid.provider.change(
        script={"create": ["hang_after"]}, hang_seconds=FOR_EVER_SECONDS, render_seconds=FOR_EVER_SECONDS
    )
    await paid.approve("cancel-unanswered")

    async def created() -> bool:
        return bool(await asyncio.to_thread(paid.provider.creates_of, "cancel-unanswered"))

    await paid.service.until(created)
    await by_http(paid, "cancel-unanswered")
    settled = await paid.until_event("cancel-unanswered", "RenderSettled")
    (create,) = paid.provider.creates_of("cancel-unanswered")
    assert (settled["render_id"], create["status"]) == (create["id"], "canceled")


async def test_a_service_that_dies_after_a_cancel_ends_the_render_when_it_is_back(paid: Paying) -> None:
    paid.provider.change(render_seconds=FOR_EVER_SECONDS, script={"cancel": ["error"] * 200})
    await paid.approve("cancel-crash")
    await paid.until_event("cancel-crash", "RenderAccepted")
    await by_http(paid, "cancel-crash")
    paid.service.kill()
    paid.provider.change(script={})
    await paid.service.start()
    settled = await paid.until_event("cancel-crash", "RenderSettled")
    (create,) = paid.provider.creates_of("cancel-crash")
    assert (settled["outcome"], create["status"]) == ("cancelled", "canceled")


async def test_a_late_cancel_is_refused(paid: Paying) -> None:
    await paid.approve("cancel-late")
    await paid.service.job_in("cancel-late", "completed")
    assert (await paid.order("cancel", "cancel-late")).status_code == 409
