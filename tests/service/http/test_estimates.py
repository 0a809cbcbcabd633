"""What a video will cost, by the real wiring: page and worker know the same prices."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest

from domain import commands as c
from service.log_readers.log_signal import LogSignal
from service.settings import load_settings
from service.wiring.http import make_api
from service.wiring.stores import make_stores
from service.wiring.worker import make_worker
from tests.service.http.harness import HttpHarness, requested, serving

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
async def client(tmp_path) -> AsyncIterator[httpx.AsyncClient]:
    """A service whose profile has a price of its own: 0.50 a second, where the setting says 0.10."""
    profile = tmp_path / "profile.json"
    profile.write_text(json.dumps({"price": {"amount": "0.50", "per": "second"}}))
    settings = load_settings(
        {
            "REELWRIGHT_DATA_DIR": str(tmp_path),
            "REELWRIGHT_RENDERER": "replicate",
            "REELWRIGHT_REPLICATE_MODEL": "owner/film",
            "REELWRIGHT_REPLICATE_PROFILE": str(profile),
            "REPLICATE_API_TOKEN": "t",
            "REELWRIGHT_PRICE_PER_IMAGE": "0.25",
        }
    )
    stores, stopping = make_stores(settings), asyncio.Event()
    work = make_worker(settings, stores)
    await stores.prepare()
    log_signal = LogSignal(stores.jobs.last_position)
    app = make_api(settings, stores, work, log_signal=log_signal, checks={}, stopping=stopping)
    async with serving(app, stopping) as url, httpx.AsyncClient(base_url=url) as opened:
        yield opened
    await work.close()
    await stores.close()


async def test_the_page_estimates_at_the_price_of_the_profile(client):
    """It took the setting's price where the profile had one of its own, and stored a fifth of the cost."""
    headers = {**FORM, "Origin": str(client.base_url).rstrip("/")}
    fields = {"job_id": "a", "image_url-1": "https://images.example/1.png", "seconds-1": "4"}
    answer = await client.post("/new", data=fields, headers=headers)
    assert answer.status_code == 303, answer.text
    assert (await client.get("/api/jobs/a")).json()["estimated_cost"] == 2.25


async def test_the_form_counts_with_the_price_of_the_profile(client):
    text = (await client.get("/new")).text
    assert 'data-price-per-second="0.50"' in text
    assert 'data-price-per-image="0.25"' in text


async def test_try_again_on_the_page_waits_for_a_render_that_is_just_being_ended(harness: HttpHarness):
    """The page answered 409 at once where HTTP, NATS and the command line wait until the render is settled."""
    await harness.approve()
    open_render = (requested(), c.AcceptRender(token="token", render_id="render-1"))
    await harness.given("a", *open_render, c.FailJob(reason="Time limit"))
    headers = {**FORM, "Origin": harness.url}
    answering = asyncio.create_task(harness.client.post("/jobs/a/retry", headers=headers))
    done, _ = await asyncio.wait({answering}, timeout=0.5)
    assert not done, (await answering).status_code
    await harness.given("a", c.SettleRender(token="token", outcome="cancelled", render_id="render-1"))
    assert (await answering).status_code == 303
    assert (await harness.client.get("/api/jobs/a")).json()["status"] == "approved"
