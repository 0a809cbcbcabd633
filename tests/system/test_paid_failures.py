"""What costs money again and what never does: failed renders are tried again, failed polls and downloads are not."""

from __future__ import annotations

import asyncio
from datetime import datetime

import pytest

from service.worker.following import FORGOTTEN
from tests.system.paid_once.paying import FOR_EVER_SECONDS, Paying


async def test_a_render_that_fails_twice_succeeds_at_the_third_attempt(paid: Paying) -> None:
    paid.provider.script(render=["fail", "cancel"])
    await paid.approve("third")
    job = await paid.service.job_in("third", "completed", "failed")
    assert (job["status"], job["attempts"]) == ("completed", 3)
    assert len(paid.provider.creates_of("third")) == 3
    failures = await paid.events("third", "RenderAttemptFailed")
    assert [one["retry_in_seconds"] for one in failures] == pytest.approx([0.2, 0.6])
    assert all(one["retry_at"] for one in failures)
    messages = [body["message"] for body in await paid.service.announced() if body["job_id"] == "third"]
    assert "Retrying in 0.2s (attempt 2/3)..." in messages
    assert "Retrying in 0.6s (attempt 3/3)..." in messages
    assert "Rendering video (attempt 3)..." in messages


async def test_a_render_that_fails_thrice_fails_the_job_with_the_last_reason(paid: Paying) -> None:
    paid.provider.script(render=["fail"] * 3)
    await paid.approve("thrice")
    job = await paid.service.job_in("thrice", "completed", "failed")
    assert job["status"] == "failed"
    assert job["error_message"].startswith("Failed after 3 attempts: The provider's render failed: ")
    assert len(paid.provider.creates_of("thrice")) == 3

    assert (await paid.order("retry", "thrice")).status_code == 202
    job = await paid.service.job_in("thrice", "completed")
    assert job["attempts"] == 4


async def test_a_render_that_takes_too_long_is_cancelled_at_the_provider_and_settled(paid: Paying) -> None:
    paid.provider.script(render=["stall"])
    await paid.approve("slow")
    job = await paid.service.job_in("slow", "completed", "failed")
    assert (job["status"], job["error_message"]) == ("failed", "Video rendering timeout")
    settled = await paid.until_event("slow", "RenderSettled")
    (create,) = paid.provider.creates_of("slow")
    assert (settled["outcome"], settled["render_id"]) == ("cancelled", create["id"])
    assert create["status"] == "canceled"
    assert create["cancel_after_seconds"] > 30
    assert not await paid.events("slow", "RenderAttemptFailed")


async def test_failed_polls_and_downloads_never_render_again(paid: Paying) -> None:
    faults = ["error", "reset", "half_answer", "not_found", "unauthorized", "garbage", "throttle"]
    paid.provider.script(get=faults, download=["error"])
    await paid.approve("bumpy")
    job = await paid.service.job_in("bumpy", "completed", "failed")
    assert job["status"] == "completed", job
    assert len(paid.provider.creates_of("bumpy")) == 1
    failures = await paid.events("bumpy", "DownloadAttemptFailed")
    assert all(one["reason"].startswith("Network error") for one in failures)
    assert failures


async def test_a_bad_file_fails_the_job_at_the_deadline_and_a_retry_downloads_it_again(paid: Paying) -> None:
    paid.provider.script(download=["empty", "html", "tiny", "truncated", "empty", "empty"])
    await paid.approve("bad")
    job = await paid.service.job_in("bad", "completed", "failed")
    assert job["status"] == "failed"
    (create,) = paid.provider.creates_of("bad")
    assert job["error_message"].startswith(("Downloaded file is empty", "Not a valid video"))
    assert f"/delivery/{create['id']}/output.mp4, which expires at " in job["error_message"]

    paid.provider.script(download=[])
    assert (await paid.order("retry", "bad")).json()["status"] == "downloading"
    await paid.service.job_in("bad", "completed")
    assert len(paid.provider.creates_of("bad")) == 1
    (again,) = await paid.events("bad", "DownloadRetryRequested")
    assert datetime.fromisoformat(again["expires_at"])


@pytest.mark.parametrize("fault", ["missing", "gone"])
async def test_a_file_host_that_denies_a_paid_output_for_a_while_costs_nothing(paid: Paying, fault: str) -> None:
    """One 404 threw the output away, which was paid and there for another hour: the job failed, a retry paid again."""
    paid.provider.script(download=[fault, fault])
    await paid.approve(f"denied-{fault}")
    job = await paid.service.job_in(f"denied-{fault}", "completed", "failed")
    assert (job["status"], len(paid.provider.creates_of(f"denied-{fault}"))) == ("completed", 1)
    failures = await paid.events(f"denied-{fault}", "DownloadAttemptFailed")
    assert [one["permanent"] for one in failures] == [False, False]
    assert all(one["reason"].startswith("Network error: ") for one in failures)


async def test_an_output_that_is_denied_to_the_end_is_downloaded_by_a_retry_and_not_rendered(paid: Paying) -> None:
    paid.provider.script(download=["missing"] * 20)
    await paid.approve("denied")
    job = await paid.service.job_in("denied", "completed", "failed")
    assert job["status"] == "failed"
    assert "answered 404 Not Found (the output is at http" in job["error_message"]
    paid.provider.script(download=[])
    assert (await paid.order("retry", "denied")).json()["status"] == "downloading"
    await paid.service.job_in("denied", "completed")
    assert len(paid.provider.creates_of("denied")) == 1


async def test_a_render_that_the_provider_forgot_while_we_were_away_is_not_paid_again(own_paid: Paying) -> None:
    """It had ended, its output was removed after an hour, and whoever came back took that for a failed attempt."""
    paid = own_paid
    paid.provider.script(get=["error"] * 200)  # we are killed before we can hear that it ended
    await paid.approve("forgotten")
    accepted = await paid.until_event("forgotten", "RenderAccepted")
    paid.service.kill()
    await _ended(paid, "forgotten")
    paid.provider.remove_data(accepted["render_id"])
    paid.provider.script(get=[])
    await paid.service.start()
    job = await paid.service.job_in("forgotten", "completed", "failed")
    assert (job["status"], job["error_message"]) == ("failed", FORGOTTEN)
    assert len(paid.provider.creates_of("forgotten")) == 1
    (failed,) = await paid.events("forgotten", "RenderAttemptFailed")
    assert (failed["basis"], failed["cost"], failed["retry_at"]) == ("asked_duration", 0.2, None)
    assert job["actual_cost"] == 0.206  # the images, and 2 s as asked

    assert (await paid.order("retry", "forgotten")).json()["status"] == "approved"
    job = await paid.service.job_in("forgotten", "completed")
    assert (job["attempts"], len(paid.provider.creates_of("forgotten"))) == (2, 2)
    # The images once, 2 s that were asked for, 0.5 s that were measured: both renders were paid.
    assert job["actual_cost"] == 0.256


async def _ended(paid: Paying, job_id: str) -> None:
    """Wait until the provider has finished the job's render, while nobody of ours asks."""
    async with asyncio.timeout(30):
        while paid.provider.creates_of(job_id)[0]["status"] != "succeeded":
            await asyncio.sleep(0.05)


async def test_what_was_spent_is_what_the_provider_says_it_sold(paid: Paying) -> None:
    await paid.approve("priced")
    job = await paid.service.job_in("priced", "completed")
    (create,) = paid.provider.creates_of("priced")
    assert job["actual_cost"] == round(create["cost"] + 2 * 0.003, 6)


async def test_no_poll_is_made_for_a_job_that_rests(paid: Paying) -> None:
    """A provider that is throttling for long must not be asked by those who wait for it."""
    paid.provider.change(script={"create": ["throttle"]}, retry_after_seconds=int(FOR_EVER_SECONDS))
    await paid.approve("resting")
    await paid.until_event("resting", "RenderDeferred")
    before = paid.provider.report["faults"]
    assert (await paid.order("cancel", "resting")).status_code == 202
    job = await paid.service.job_in("resting", "cancelled")
    assert job["waiting_for"] is None
    assert paid.provider.report["faults"] == before
    paid.provider.change(retry_after_seconds=1)


async def test_a_job_whose_provider_is_away_says_so_and_goes_on(paid: Paying) -> None:
    """A poll that fails is no event: the page said that the job renders, for as long as the provider was away."""

    async def waiting_for() -> str | None:
        return (await paid.service.job("alone"))["waiting_for"]

    async def says_why() -> bool:
        return "The provider cannot be asked" in (await waiting_for() or "")

    paid.provider.change(render_seconds=4.0)
    await paid.approve("alone")
    await paid.until_event("alone", "RenderAccepted")
    assert await waiting_for() is None
    paid.provider.stop()
    await paid.service.until(says_why, what="the reason")
    listed = (await paid.service.get("/api/jobs")).json()["jobs"]
    assert "The provider cannot be asked" in next(job["waiting_for"] for job in listed if job["job_id"] == "alone")
    assert "The provider cannot be asked" in (await paid.service.get("/jobs/alone")).text
    assert "it cannot be reached" in (await paid.service.get("/health")).text
    paid.provider.start()
    job = await paid.service.job_in("alone", "completed", "failed")
    assert (job["status"], job["waiting_for"]) == ("completed", None)
