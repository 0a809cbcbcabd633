"""Looking for a render in the provider's list: what is there is found, and what cannot be told is said."""

from __future__ import annotations

import asyncio
import base64
import copy
from datetime import timedelta

import pytest

from adapters import clock
from adapters.fake_provider.state import ProviderState
from adapters.renderers.replicate.profile import Profile
from domain.errors import OutcomeUnknown, Unavailable
from domain.rendering import Found
from tests.adapters.renderers.replicate.driving import (
    LARGE_PNG,
    MODEL,
    PNG,
    SEEDED,
    KeptImages,
    Making,
    http,
    long_ago,
    request,
    saying,
    talking,
)

DATA_URL = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"


async def found(renderer, wanted=None) -> list[str]:
    return list((await renderer.find(wanted or request(), since=long_ago())).same)


async def test_a_create_whose_answer_was_lost_is_found_by_another_process(
    making: Making, provider: ProviderState
) -> None:
    provider.faults.script = {"create": ["lose_answer"]}
    with pytest.raises(OutcomeUnknown):
        await making().submit(request())
    (entry,) = provider.books
    assert await found(making()) == [entry.id]


async def test_nothing_is_found_where_nothing_was_created(making: Making, provider: ProviderState) -> None:
    provider.faults.script = {"create": ["error_before"]}
    with pytest.raises(OutcomeUnknown):
        await making().submit(request())
    assert await found(making()) == []


async def test_twins_are_all_found_oldest_first(making: Making) -> None:
    renderer = making()
    created = [await renderer.submit(request(f"token-{number}")) for number in range(3)]
    assert await found(renderer) == created


async def test_a_seed_tells_twins_apart(making: Making) -> None:
    renderer = making(profile=SEEDED)
    created = [await renderer.submit(request(f"token-{number}")) for number in range(3)]
    assert [await found(renderer, request(f"token-{number}")) for number in range(3)] == [[one] for one in created]


async def test_another_input_model_or_time_is_not_ours(making: Making) -> None:
    renderer = making()
    await renderer.submit(request("token-1", "https://images.example/other.png"))
    await making(model="acme/other").submit(request())
    assert await found(renderer) == []
    await renderer.submit(request())
    assert await renderer.find(request(), since=clock.now() + timedelta(seconds=1)) == Found()


@pytest.mark.parametrize("page_size", [1, 2, 3, 7, 100])
async def test_all_pages_are_read(making: Making, provider: ProviderState, page_size) -> None:
    provider.faults.page_size = page_size
    renderer, other = making(), making(model="acme/other")
    created = []
    for number in range(7):
        created.append(await renderer.submit(request(f"token-{number}")))
        await other.submit(request(f"token-{number}"))
    assert await found(renderer) == created


async def test_a_list_that_lags_shows_the_render_later(making: Making, provider: ProviderState) -> None:
    provider.faults.list_lag_seconds = 300.0
    renderer = making()
    render_id = await renderer.submit(request())
    assert await found(renderer) == []
    provider.faults.list_lag_seconds = 0.0
    assert await found(renderer) == [render_id]


@pytest.mark.parametrize("fault", ["error", "reset", "half_answer", "throttle", "unauthorized", "garbage", "not_found"])
@pytest.mark.parametrize("page", [0, 1])
async def test_a_list_that_was_not_read_to_its_end_says_nothing(
    making: Making, provider: ProviderState, fault, page
) -> None:
    provider.faults.page_size = 1
    renderer = making()
    for number in range(3):
        await renderer.submit(request(f"token-{number}"))
    provider.faults.script = {"list": ["ok"] * page + [fault]}
    with pytest.raises(Unavailable):
        await found(renderer)


@pytest.mark.parametrize(
    "following", ["http://127.0.0.1:1/v1/predictions?cursor=x", "https://elsewhere.example/", 5, "/x"]
)
async def test_the_token_follows_the_list_to_no_other_host(making: Making, following) -> None:
    page = {"previous": None, "next": following, "results": []}
    async with saying(http(200, page)) as (url, heard):
        with pytest.raises(Unavailable, match="not followed"):
            await found(making(url=url))
    assert len(heard.heads) == 1


async def test_a_list_without_an_end_is_given_up(making: Making) -> None:
    asked = 0

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        host = next(line[6:] for line in head.split("\r\n") if line.lower().startswith("host: "))
        asked += 1
        writer.write(http(200, {"next": f"http://{host}/v1/predictions?cursor={asked}", "results": []}))
        await writer.drain()
        await reader.read()

    async with talking(endless) as url:
        with pytest.raises(Unavailable, match="longer than 100 pages"):
            await found(making(url=url))
    assert asked == 100


async def test_defaults_and_another_order_of_fields_hide_nothing(making: Making, provider: ProviderState) -> None:
    provider.faults.adds_defaults = True
    renderer = making()
    render_id = await renderer.submit(request())
    assert await found(renderer) == [render_id]


async def test_removed_data_of_the_same_model_is_named_as_unclear(making: Making, provider: ProviderState) -> None:
    """Whose it is the caller may know; the adapter once said that the whole list cannot tell."""
    renderer = making()
    ours, removed = await renderer.submit(request()), await renderer.submit(request("token-2"))
    provider.books.remove_data(removed)
    assert await renderer.find(request(), since=long_ago()) == Found(same=(ours,), unclear=(removed,))


@pytest.mark.parametrize("ahead_seconds", [3600.0, -3600.0, 90.0])
async def test_a_clock_that_differs_hides_nothing(
    making: Making, provider: ProviderState, ahead_seconds: float
) -> None:
    """Our time was compared with theirs: with our clock an hour ahead the list looked empty, and we paid again."""
    provider.faults.clock_ahead_seconds = ahead_seconds
    began = clock.now()
    render_id = await making().submit(request())
    found = await making().find(request(), since=began - timedelta(seconds=2))
    assert found == Found(same=(render_id,))
    later = await making().find(request(), since=began + timedelta(seconds=30))
    assert later == Found()


async def test_removed_data_of_another_model_disturbs_nobody(making: Making, provider: ProviderState) -> None:
    renderer = making()
    ours, removed = await renderer.submit(request()), await making(model="acme/other").submit(request())
    provider.books.remove_data(removed)
    assert await found(renderer) == [ours]


async def test_failed_and_cancelled_renders_are_found_too(making: Making, provider: ProviderState) -> None:
    """They were created and may have been billed."""
    provider.faults.script = {"render": ["fail", "abort", "stall"]}
    renderer = making()
    created = [await renderer.submit(request()) for _ in range(3)]
    await renderer.cancel(created[2])
    assert await found(renderer) == created


async def test_an_image_inside_the_input_is_recognised_by_its_content(making: Making) -> None:
    images = KeptImages(making.folder)
    stored = request("token-1", f"/api/images/{await images.keep(PNG)}")
    renderer = making()
    render_id = await renderer.submit(stored)
    assert await found(making(), stored) == [render_id]
    assert await found(making(), request("token-1", DATA_URL)) == [render_id]
    other = request("token-1", f"/api/images/{await images.keep(PNG + b'!')}")
    assert await found(making(), other) == []


async def test_an_uploaded_image_is_recognised_by_a_process_that_did_not_upload_it(making: Making) -> None:
    images = KeptImages(making.folder)
    stored = request("token-1", f"/api/images/{await images.keep(LARGE_PNG)}")
    render_id = await making().submit(stored)
    assert await found(making(), stored) == [render_id]
    other = request("token-1", f"/api/images/{await images.keep(LARGE_PNG + b'!')}")
    assert await found(making(), other) == []


async def test_an_uploaded_image_that_is_gone_leaves_its_render_unclear(
    making: Making, provider: ProviderState
) -> None:
    stored = request("token-1", f"/api/images/{await KeptImages(making.folder).keep(LARGE_PNG)}")
    render_id = await making().submit(stored)
    provider.files.clear()
    assert await making().find(stored, since=long_ago()) == Found(unclear=(render_id,))


async def test_a_seed_settles_it_where_an_image_cannot_be_compared(making: Making, provider: ProviderState) -> None:
    stored = request("token-1", f"/api/images/{await KeptImages(making.folder).keep(LARGE_PNG)}")
    render_id = await making(profile=SEEDED).submit(stored)
    provider.files.clear()
    assert await found(making(profile=SEEDED), stored) == [render_id]


@pytest.mark.parametrize(
    ("changes", "is_ours"),
    [
        ({}, True),
        ({"version": "dp-0123456789abcdef", "model": "ACME/storyboards"}, True),
        ({"model": None, "version": None}, True),
        ({"model": "acme/other"}, False),
        ({"created_at": "2001-01-01T00:00:00Z"}, False),
        ({"created_at": "nobody knows"}, True),
    ],
)
async def test_the_name_of_the_model_excludes_only_what_is_surely_another(making: Making, changes, is_ours) -> None:
    item = {
        "id": "abc",
        "status": "processing",
        "model": MODEL,
        "version": "hidden",
        "created_at": clock.now().isoformat(),
        "input": {"image_urls": ["https://images.example/1.png", "https://images.example/2.png"]},
        **changes,
    }
    async with saying(http(200, {"next": None, "results": [item]})) as (url, _):
        assert await found(making(url=url)) == (["abc"] if is_ours else [])


async def test_a_run_of_another_version_is_not_ours(making: Making) -> None:
    ours, theirs = "a" * 64, "b" * 64
    item = {
        "id": "abc",
        "status": "processing",
        "model": MODEL,
        "version": ours,
        "created_at": clock.now().isoformat(),
        "input": {"image_urls": ["https://images.example/1.png", "https://images.example/2.png"]},
    }
    other = {**copy.deepcopy(item), "id": "def", "version": theirs}
    async with saying(http(200, {"next": None, "results": [item, other]})) as (url, _):
        assert await found(making(url=url, model=f"{MODEL}:{ours}")) == ["abc"]


async def test_a_deployment_is_known_by_its_name(making: Making) -> None:
    profile = Profile(endpoint="deployment")
    renderer = making(profile=profile)
    render_id = await renderer.submit(request())
    await making(profile=profile, model="acme/other").submit(request())
    assert await found(making(profile=profile)) == [render_id]


async def test_the_name_of_an_input_survives_a_restart_and_another_upload(making: Making) -> None:
    stored = request("token-1", f"/api/images/{await KeptImages(making.folder).keep(LARGE_PNG)}")
    renderer = making()
    before = renderer.request_hash(stored)
    await renderer.submit(stored)
    assert (
        renderer.request_hash(stored)
        == before
        == making().request_hash(request("token-2", *[stored.scenes[0].image_url]))
    )
    assert making(profile=SEEDED).request_hash(request("a")) != making(profile=SEEDED).request_hash(request("b"))
    assert making(model="acme/other").request_hash(stored) != before
