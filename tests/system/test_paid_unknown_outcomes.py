"""A create whose outcome nobody knows is looked up, adopted when it is there, and sent again only when it is not."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from tests.system.paid_once.paying import FOR_EVER_SECONDS, Paying
from tests.system.paid_once.provider import MODEL, approval_of


@pytest.mark.parametrize("fault", ["lose_answer", "error_after", "half_answer", "garbage", "hang_after"])
async def test_a_render_whose_answer_was_lost_is_adopted(paid: Paying, fault: str) -> None:
    paid.provider.script(create=[fault])
    await paid.approve(f"lost-{fault}")
    job = await paid.service.job_in(f"lost-{fault}", "completed", "failed")
    assert job["status"] == "completed", job
    (create,) = paid.provider.creates_of(f"lost-{fault}")
    assert create["answer"] == fault
    assert [one["render_id"] for one in await paid.events(f"lost-{fault}", "RenderAccepted")] == [create["id"]]
    assert job["attempts"] == 1


async def test_a_create_that_never_happened_is_sent_again_under_its_token(paid: Paying) -> None:
    paid.provider.script(create=["error_before"])
    await paid.approve("never")
    job = await paid.service.job_in("never", "completed", "failed")
    assert job["status"] == "completed", job
    assert len(paid.provider.creates_of("never")) == 1
    requests = await paid.events("never", "RenderRequested")
    assert [one["attempt"] for one in requests] == [1, 1]
    assert len({one["token"] for one in requests}) == 1


async def test_twins_whose_answers_were_lost_are_paid_once_each(paid: Paying) -> None:
    paid.provider.script(create=["lose_answer", "ok", "error_after"])
    twins = [f"twin-{number}" for number in range(3)]
    for twin in twins:
        await paid.approve(twin, image="twins")
    jobs = [await paid.service.job_in(twin, "completed", "failed", seconds=40) for twin in twins]
    assert {job["status"] for job in jobs} == {"completed"}
    creates = [create["id"] for create in paid.provider.creates_of("twins")]
    accepted = [one["render_id"] for twin in twins for one in await paid.events(twin, "RenderAccepted")]
    assert sorted(accepted) == sorted(creates)


async def test_a_service_that_dies_between_the_create_and_its_answer_adopts_it_later(paid: Paying) -> None:
    paid.provider.change(script={"create": ["hang_after"]}, hang_seconds=FOR_EVER_SECONDS)
    await paid.approve("cut")

    async def created() -> bool:
        return bool(await asyncio.to_thread(paid.provider.creates_of, "cut"))

    await paid.service.until(created)
    paid.service.kill()
    await paid.service.start()
    job = await paid.service.job_in("cut", "completed", "failed")
    assert job["status"] == "completed", job
    assert len(paid.provider.creates_of("cut")) == 1


async def blur_the_list(paid: Paying) -> None:
    """Put a render of somebody else into the list, whose input the provider has removed: it might be ours."""
    foreign = approval_of("foreign")["storyboard"]
    async with httpx.AsyncClient(headers={"Authorization": "Bearer somebody-else"}) as client:
        sent = {"input": {"image_urls": [scene["image_url"] for scene in foreign]}}
        base_url = paid.provider.settings["REELWRIGHT_REPLICATE_BASE_URL"]
        made = await client.post(f"{base_url}/models/{MODEL}/predictions", json=sent)
    paid.provider.remove_data(made.json()["id"])


async def test_a_list_that_cannot_tell_asks_for_a_person_whose_retry_creates_once(paid: Paying) -> None:
    """Before, the list was asked again and again for an hour before anybody heard of it."""
    await blur_the_list(paid)
    paid.provider.script(create=["error_before"])

    await paid.approve("unclear")
    await paid.until_event("unclear", "RenderUnresolved")
    job = await paid.service.job("unclear")
    assert job is not None
    assert (job["status"], job["waiting_for"]) == ("rendering", "needs_operator")
    assert "nobody can tell whether a render was created" in job["progress"]["message"]

    assert (await paid.order("retry", "unclear")).status_code == 202
    job = await paid.service.job_in("unclear", "completed", "failed")
    assert job["status"] == "completed", job
    (resolved,) = await paid.events("unclear", "RenderResolved")
    assert (resolved["outcome"], resolved["by"]) == ("not_created", "a tester")
    assert len(paid.provider.creates_of("unclear")) == 1


async def test_cancelling_a_job_that_needs_a_person_ends_it_with_an_unknown_cost(paid: Paying) -> None:
    """The list cannot tell: settling must end, and say that nobody knows, instead of asking for ever."""
    await blur_the_list(paid)
    paid.provider.script(create=["error_before"])
    await paid.approve("given-up")
    await paid.until_event("given-up", "RenderUnresolved")
    assert (await paid.order("cancel", "given-up")).status_code == 202
    settled = await paid.until_event("given-up", "RenderSettled")
    assert settled["outcome"] == "unknown"


async def test_throttling_is_waited_out_and_counts_no_attempt(paid: Paying) -> None:
    paid.provider.script(create=["throttle"])
    await paid.approve("throttled")
    job = await paid.service.job_in("throttled", "completed", "failed")
    assert (job["status"], job["attempts"]) == ("completed", 1)
    (deferred,) = await paid.events("throttled", "RenderDeferred")
    assert deferred["reason"].startswith("Throttled by the provider")
    assert len(paid.provider.creates_of("throttled")) == 1


@pytest.mark.parametrize(
    ("fault", "words"), [("no_credit", "402"), ("unauthorized", "401"), ("not_found", "404"), ("invalid", "422")]
)
async def test_a_refused_create_fails_the_job_clearly_and_is_not_tried_again(
    paid: Paying, fault: str, words: str
) -> None:
    paid.provider.script(create=[fault])
    await paid.approve(f"refused-{words}")
    job = await paid.service.job_in(f"refused-{words}", "completed", "failed")
    assert job["status"] == "failed"
    assert job["error_message"].startswith(f"Refused by the provider: {words}")
    assert (job["attempts"], job["actual_cost"]) == (1, 0)
    assert paid.provider.creates_of(f"refused-{words}") == []
