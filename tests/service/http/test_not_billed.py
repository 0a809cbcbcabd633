"""What nobody was paid for: every door shows it beside the cost, and says so."""

from __future__ import annotations

from dataclasses import replace

from domain import commands as c
from tests.service.http.harness import HttpHarness, finished

NOBODY = "$0.51 at list price, nobody was paid"


async def billed(harness: HttpHarness) -> None:
    """Complete a job by a provider; those of the harness are made by the slideshow."""
    await harness.approve()
    first, *others = finished("a", video=b"", sha256="0" * 64)
    assert isinstance(first, c.RequestRender)
    order = replace(first.order, renderer="replicate", model="owner/film")
    await harness.given("a", replace(first, order=order), *others)


async def test_the_job_and_the_list_say_it_exactly(harness: HttpHarness) -> None:
    await harness.completed()
    job = (await harness.client.get("/api/jobs/a")).json()
    (listed,) = (await harness.client.get("/api/jobs")).json()["jobs"]
    assert (job["actual_cost"], job["list_price"]) == (listed["actual_cost"], listed["list_price"]) == (0, 0.506)


async def test_a_job_that_is_billed_has_none(harness: HttpHarness) -> None:
    await billed(harness)
    job = (await harness.client.get("/api/jobs/a")).json()
    assert (job["actual_cost"], job["list_price"]) == (0.506, None)


async def test_the_pages_say_that_nobody_was_paid(harness: HttpHarness) -> None:
    await harness.completed()
    jobs, job = [(await harness.client.get(path)).text for path in ("/", "/jobs/a")]
    assert jobs.count(NOBODY) == 2  # of today, and of the job
    assert NOBODY in job
    assert "not billed" in job


async def test_the_pages_of_a_billed_job_speak_of_no_list_price(harness: HttpHarness) -> None:
    await billed(harness)
    for path in ("/", "/jobs/a"):
        assert "list price" not in (await harness.client.get(path)).text
