"""A renderer that makes no renders ends those of stored orders, and only those of its own account."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from adapters.fake_provider.state import ProviderState
from adapters.renderers.replicate.advice import BY_INPUT, advice
from adapters.renderers.replicate.client import Access, ReplicateClient, account_of
from adapters.renderers.replicate.model import Misconfigured
from adapters.renderers.replicate.profile import Profile, load_profile
from adapters.renderers.replicate.renderer import open_for_stored_orders, open_replicate
from domain.errors import OutcomeUnknown, Refused
from domain.rendering import RenderOrder, Succeeded
from tests.adapters.renderers.replicate.driving import (
    SEEDED,
    TOKEN,
    KeptImages,
    Making,
    looked_up,
    request,
    submit,
)


def restored(order: RenderOrder) -> RenderOrder:
    """Return an order as it comes out of a history."""
    return RenderOrder(**json.loads(json.dumps(asdict(order))))


@pytest.mark.parametrize("profile", [None, SEEDED])
@pytest.mark.parametrize(
    "settings",
    [
        {"model": None, "profile": None},
        {"model": "acme/another", "profile": "minimax-video-01"},
        {"model": "no model", "profile": None},
        {"model": None, "profile": "no-such-profile"},
    ],
)
async def test_after_a_deploy_with_other_settings_a_render_is_found_and_followed_as_what_it_was(
    making: Making, provider: ProviderState, profile: Profile | None, settings: Mapping[str, str | None]
) -> None:
    """With another model or profile the new input was looked for under the new name, not found, and paid again."""
    provider.faults.script = {"create": ["lose_answer"]}
    maker = making(profile=profile)
    order = await maker.prepare(request())
    with pytest.raises(OutcomeUnknown):
        await maker.submit(request(), order)
    access = Access(token=TOKEN, base_url=making.url)
    later = open_for_stored_orders(access, **settings, images=KeptImages(making.folder))
    making.opened.append(later)
    (entry,) = provider.books
    assert later.account == order.account
    assert await looked_up(later, restored(order)) == ([entry.id], [])
    assert isinstance(await later.follow(entry.id, restored(order)), Succeeded)
    await later.cancel(entry.id)


async def test_a_renderer_without_a_model_makes_no_renders(tmp_path: Path) -> None:
    access = Access(token=TOKEN)
    renderer = open_for_stored_orders(access, model=None, profile=None, images=KeptImages(tmp_path))
    assert renderer.model is None
    with pytest.raises(Refused, match="no model is configured"):
        await renderer.prepare(request())
    with pytest.raises(Refused, match="no model is configured"):
        renderer.order_of(request())
    await renderer.close()
    with pytest.raises(Misconfigured):
        open_replicate(access, model=None, profile=None, images=KeptImages(tmp_path))
    with pytest.raises(Misconfigured):
        open_for_stored_orders(Access(token="two words"), model=None, profile=None, images=KeptImages(tmp_path))


async def test_an_order_of_an_earlier_version_is_never_adopted_by_guessing(making: Making) -> None:
    renderer = making()
    render_id = await submit(renderer, request())
    order = RenderOrder(renderer="replicate", model=renderer.model, request_hash="an older one")
    assert await looked_up(renderer, order) == ([], [render_id])


@pytest.mark.parametrize("recall", [{"by": "telepathy"}, {"by": "seed", "names": 5}, {}])
async def test_a_recall_that_cannot_be_read_is_as_none(making: Making, recall: dict) -> None:
    renderer = making()
    render_id = await submit(renderer, request())
    order = RenderOrder(
        renderer="replicate", model=renderer.model, request_hash="h", input={"image_urls": ["x"]}, recall=recall
    )
    assert await looked_up(renderer, order) == ([], [])
    assert isinstance(await renderer.follow(render_id, order), Succeeded)


async def test_an_account_is_named_by_its_address_and_token_and_says_nothing_of_them() -> None:
    name = account_of(Access(token=TOKEN, base_url="https://api.provider.example/v1"))
    assert len(name) == 16
    same = [
        "https://api.provider.example/v1/",
        "https://API.provider.example/v1",
        "https://api.provider.example:443/v1",
    ]
    assert {account_of(Access(token=TOKEN, base_url=url)) for url in same} == {name}
    others = [Access(token=f"{TOKEN}2", base_url=same[0]), Access(token=TOKEN, base_url="https://other.example/v1")]
    assert name not in {account_of(access) for access in others}
    client = ReplicateClient(Access(token=TOKEN, base_url=same[0]))
    assert client.account == name
    await client.close()


async def test_an_order_names_the_profile_by_its_content(making: Making) -> None:
    order, other = (making(profile=profile).order_of(request()) for profile in (None, SEEDED))
    assert order.profile == making(profile=Profile()).order_of(request()).profile
    assert order.profile != other.profile
    assert (order.seed, other.seed is not None) == (None, True)
    assert other.input is not None
    assert other.input["seed"] == other.seed


def test_a_configuration_that_is_doubtful_says_so() -> None:
    assert advice(SEEDED, timeout_seconds=1800.0) == ()
    assert advice(load_profile("minimax-video-01"), timeout_seconds=None) == (BY_INPUT,)
    (text,) = advice(SEEDED, timeout_seconds=1801.0)
    assert "REELWRIGHT_RENDER_TIMEOUT_SECONDS" in text
    assert "the provider ends every run after 1800 s" in text


async def test_what_is_doubtful_is_warned_of_at_the_start(making: Making) -> None:
    access = Access(token=TOKEN, base_url=making.url, render_timeout_seconds=3600.0)
    renderer = open_replicate(access, model="acme/storyboards", profile=None, images=KeptImages(making.folder))
    making.opened.append(renderer)
    with capture_logs() as logs:
        await renderer.check()
    doubts = [line["advice"] for line in logs if line["event"] == "replicate_configuration_is_doubtful"]
    assert [doubts[0] == BY_INPUT, "1800 s" in doubts[1]] == [True, True]
