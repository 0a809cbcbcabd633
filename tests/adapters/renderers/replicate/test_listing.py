"""The provider's list, whoever asked for its renders."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from adapters.clock import now
from adapters.fake_provider.state import ProviderState
from adapters.renderers.replicate.client import Access, ReplicateClient
from adapters.renderers.replicate.listing import ReplicateListing
from adapters.renderers.replicate.prediction import Prediction
from domain.errors import Unavailable
from tests.adapters.renderers.replicate.driving import TOKEN


def listing(provider: ProviderState) -> ReplicateListing:
    return ReplicateListing(ReplicateClient(Access(token=TOKEN, base_url=f"{provider.base_url}/v1")))


async def create(provider: ProviderState, name: str) -> str:
    async with httpx.AsyncClient(headers={"authorization": f"Bearer {TOKEN}"}) as client:
        url = f"{provider.base_url}/v1/models/fake/{name}/predictions"
        return str((await client.post(url, json={"input": {"prompt": name}})).raise_for_status().json()["id"])


async def test_renders_of_every_model_are_listed_newest_first(provider: ProviderState) -> None:
    ids = [await create(provider, name) for name in ("film", "other")]
    listed = listing(provider)
    found = [one async for one in listed.created_since(now() - timedelta(minutes=1))]
    assert [one.render_id for one in found] == ids[::-1]
    assert [one.model for one in found] == ["fake/other", "fake/film"]
    assert all(one.created_at is not None and one.status for one in found)
    assert [one async for one in listed.created_since(now() + timedelta(minutes=1))] == []
    await listed.close()


async def test_a_list_that_cannot_be_read_is_no_empty_list(provider: ProviderState) -> None:
    provider.chooser.faults.rates["list"] = {"error": 1.0}
    listed = listing(provider)
    with pytest.raises(Unavailable):
        _ = [one async for one in listed.created_since(now())]
    await listed.close()


@pytest.mark.parametrize(
    ("urls", "page"),
    [
        ({"web": "https://provider.test/p/a"}, "https://provider.test/p/a"),
        ({"web": f"https://provider.test/p/\x1b[31m{TOKEN}"}, "https://provider.test/p/ [31m[hidden]"),
        ({"web": 7}, None),
        ({}, None),
        (None, None),
    ],
)
def test_the_page_of_a_render_is_clean_text_or_none(provider: ProviderState, urls: object, page: str | None) -> None:
    prediction = Prediction.model_validate({"id": "a", "status": "succeeded", "urls": urls})
    assert listing(provider)._listed(prediction).web_url == page
