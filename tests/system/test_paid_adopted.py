"""A person finds the render that no list shows, and names it: over HTTP and on the command line, paid once."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from tests.system.paid_once.paying import Paying
from tests.system.running import run_verb
from tests.system.test_paid_unknown_outcomes import blur_the_list

LIST_LAG_SECONDS = 8.0
"""Longer than it takes to conclude what became of a request, see `paying.TIMES`."""


async def blurred(paid: Paying) -> None:
    """Have the list show late what is new, and a render of somebody else that might be ours."""
    paid.provider.change(list_lag_seconds=LIST_LAG_SECONDS)
    await blur_the_list(paid)
    list_url = f"{paid.provider.settings['REELWRIGHT_REPLICATE_BASE_URL']}/predictions"

    async def is_listed() -> bool:
        async with httpx.AsyncClient(headers={"Authorization": "Bearer a-token-for-tests"}) as client:
            return bool((await client.get(list_url)).json()["results"])

    await paid.service.until(is_listed)


async def lost(paid: Paying, job_id: str) -> str:
    """Have the answer of a create lost while the list cannot tell, and return the id that the provider's page shows."""
    paid.provider.script(create=["lose_answer"])
    await paid.approve(job_id)
    await paid.until_event(job_id, "RenderUnresolved")
    (create,) = paid.provider.creates_of(job_id)
    return str(create["id"])


async def retry(paid: Paying, job_id: str, **named: object) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.post(f"{paid.service.url}/api/jobs/{job_id}/retry", json={"by": "a tester", **named})


@pytest.mark.parametrize("door", ["http", "command line"])
async def test_the_render_that_a_person_found_becomes_the_video_and_is_paid_once(own_paid: Paying, door: str) -> None:
    await blurred(own_paid)
    render_id = await lost(own_paid, "lost")
    assert (await retry(own_paid, "lost", render_id="nobody")).json()["code"] == "render_not_found"
    if door == "http":
        assert (await retry(own_paid, "lost", render_id=render_id)).status_code == 202
    else:
        done = await asyncio.to_thread(run_verb, own_paid.service, "retry", "lost", "--render-id", render_id)
        assert done.returncode == 0, done.stderr
    job = await own_paid.service.job_in("lost", "completed", "failed")
    assert job["status"] == "completed", job
    assert (job["attempts"], len(own_paid.provider.creates_of("lost"))) == (1, 1)
    assert [one["render_id"] for one in await own_paid.events("lost", "RenderAccepted")] == [render_id]

    other = await lost(own_paid, "other")
    taken = await retry(own_paid, "other", render_id=render_id)
    assert (taken.status_code, taken.json()["detail"]) == (409, f"the render {render_id} already belongs to job lost")
    assert (await retry(own_paid, "other", render_id=other)).status_code == 202
    assert (await own_paid.service.job_in("other", "completed", "failed"))["status"] == "completed"
    assert len(own_paid.provider.creates_of("other")) == 1
