"""Whole services with other settings than those that a render was requested under."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.system.paid_once.paying import FOR_EVER_SECONDS, TIMES, Paying
from tests.system.paid_once.provider import approval_of
from tests.system.paid_once.worker import Reelwright


def deployed(tmp_path: Path, paid: Paying, **settings: str) -> Reelwright:
    """Stop the service cleanly, and return its successor with other settings, not started yet."""
    paid.service.stop()
    nats_url = paid.service.settings["REELWRIGHT_NATS_URL"]
    return Reelwright(tmp_path, paid.provider, nats_url=nats_url, **(TIMES | settings))


async def in_doubt(paid: Paying, job_id: str) -> None:
    paid.provider.change(script={"create": ["hang_after"]}, hang_seconds=FOR_EVER_SECONDS)
    await paid.approve(job_id)

    async def created() -> bool:
        return bool(await asyncio.to_thread(paid.provider.creates_of, job_id))

    await paid.service.until(created)


async def test_another_account_waits_with_the_reason_and_the_first_one_goes_on(
    tmp_path: Path, own_paid: Paying
) -> None:
    """The new account's list proves nothing of the old one: it was taken for "not created" and paid again."""
    await in_doubt(own_paid, "moved")
    other = deployed(tmp_path, own_paid, REPLICATE_API_TOKEN="another-token")
    try:
        await other.start()

        async def waits() -> bool:
            job = await other.job("moved")
            return str((job or {}).get("waiting_for")).startswith("renderer: ")

        await other.until(waits)
        assert "renders_wait_for_their_renderer" in other.log_path.read_text()
        other.stop()
        await own_paid.service.start()
        job = await own_paid.service.job_in("moved", "completed", "failed")
        assert job["status"] == "completed", job
        assert len(own_paid.provider.creates_of("moved")) == 1
    finally:
        other.kill()


async def test_a_paid_render_waits_where_its_renderer_is_not_configured_and_new_jobs_are_made(
    tmp_path: Path, own_paid: Paying
) -> None:
    own_paid.provider.change(render_seconds=2.0)
    await own_paid.approve("paid")
    await own_paid.until_event("paid", "RenderAccepted")
    other = deployed(tmp_path, own_paid, REELWRIGHT_RENDERER="noop", REPLICATE_API_TOKEN="")
    other.settings.pop("REPLICATE_API_TOKEN")
    try:
        await other.start()
        await other.approve(approval_of("local"))
        assert (await other.job_in("local", "completed"))["status"] == "completed"
        job = await other.job("paid")
        assert job is not None
        assert job["waiting_for"].startswith("renderer: this render was requested from replicate")
    finally:
        other.kill()
