"""Looking for a render in the provider's list: what is there is found, and what cannot be told is said."""

from __future__ import annotations

import base64
import copy
from datetime import timedelta

import pytest

from adapters import clock
from adapters.fake_provider.state import ProviderState
from adapters.renderers.replicate.profile import Profile
from domain.errors import OutcomeUnknown, Unavailable
from tests.adapters.renderers.replicate.driving import (
    MODEL,
    PNG,
    SEEDED,
    Making,
    found,
    http,
    looked_up,
    request,
    saying,
    submit,
)

DATA_URL = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"


async def test_a_create_whose_answer_was_lost_is_found_by_another_process(
    making: Making, provider: ProviderState
) -> None:
    provider.faults.script = {"create": ["lose_answer"]}
    with pytest.raises(OutcomeUnknown):
        await submit(making(), request())
    (entry,) = provider.books
    assert await found(making()) == [entry.id]


async def test_nothing_is_found_where_nothing_was_created(making: Making, provider: ProviderState) -> None:
    provider.faults.script = {"create": ["error_before"]}
    with pytest.raises(OutcomeUnknown):
        await submit(making(), request())
    assert await found(making()) == []


async def test_twins_are_all_found_oldest_first(making: Making) -> None:
    renderer = making()
    created = [await submit(renderer, request(f"token-{number}")) for number in range(3)]
    assert await found(renderer) == created


async def test_a_seed_tells_twins_apart(making: Making) -> None:
    renderer = making(profile=SEEDED)
    created = [await submit(renderer, request(f"token-{number}")) for number in range(3)]
    assert [await found(renderer, request(f"token-{number}")) for number in range(3)] == [[one] for one in created]


async def test_another_input_is_not_ours_and_an_equal_one_of_another_model_is_unclear(making: Making) -> None:
    """The name of a model changes: that it is another one proves nothing where all that was sent is the same."""
    renderer = making()
    await submit(renderer, request("token-1", "https://images.example/other.png"))
    other = await submit(making(model="acme/other"), request())
    assert await looked_up(renderer, renderer.order_of(request())) == ([], [other])


@pytest.mark.parametrize("page_size", [1, 2, 3, 7, 100])
async def test_all_pages_are_read(making: Making, provider: ProviderState, page_size) -> None:
    provider.faults.page_size = page_size
    renderer, other = making(), making(model="acme/other")
    created = []
    for number in range(7):
        created.append(await submit(renderer, request(f"token-{number}")))
        await submit(other, request(f"token-{number}"))
    assert await found(renderer) == created


async def test_a_list_that_lags_shows_the_render_later(making: Making, provider: ProviderState) -> None:
    provider.faults.list_lag_seconds = 300.0
    renderer = making()
    render_id = await submit(renderer, request())
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
        await submit(renderer, request(f"token-{number}"))
    provider.faults.script = {"list": ["ok"] * page + [fault]}
    with pytest.raises(Unavailable):
        await found(renderer)


async def test_defaults_and_another_order_of_fields_hide_nothing(making: Making, provider: ProviderState) -> None:
    provider.faults.adds_defaults = True
    renderer = making()
    render_id = await submit(renderer, request())
    assert await found(renderer) == [render_id]


async def test_removed_data_of_the_same_model_is_named_as_unclear(making: Making, provider: ProviderState) -> None:
    """Whose it is the caller may know; the adapter once said that the whole list cannot tell."""
    renderer = making()
    ours, removed = await submit(renderer, request()), await submit(renderer, request("token-2"))
    provider.books.remove_data(removed)
    assert await looked_up(renderer, renderer.order_of(request())) == ([ours], [removed])


@pytest.mark.parametrize("ahead_seconds", [7200.0, 3600.0, -3600.0, 90.0])
async def test_a_clock_that_differs_hides_nothing(
    making: Making, provider: ProviderState, ahead_seconds: float
) -> None:
    """Our time was compared with theirs: with our clock an hour ahead the list looked empty, and we paid again."""
    provider.faults.clock_ahead_seconds = ahead_seconds
    render_id = await submit(making(), request())
    seen = await making().find(making().order_of(request()))
    assert seen.same == (render_id,)
    assert seen.complete_since is not None
    assert abs((clock.now() - seen.complete_since).total_seconds() - 3600) < 12


@pytest.mark.parametrize("step", [timedelta(hours=-30), timedelta(hours=2)])
async def test_our_own_clock_is_put_right_between_the_request_and_the_look(making: Making, step: timedelta) -> None:
    """`created_after` was our time of the request: it lay after our own create, and we paid twice."""
    render_id = await submit(making(now=lambda: clock.now() - step), request())
    assert await found(making()) == [render_id]


async def test_removed_data_of_another_model_disturbs_nobody(making: Making, provider: ProviderState) -> None:
    renderer = making()
    ours, removed = await submit(renderer, request()), await submit(making(model="acme/other"), request())
    provider.books.remove_data(removed)
    assert await found(renderer) == [ours]


async def test_failed_and_cancelled_renders_are_found_too(making: Making, provider: ProviderState) -> None:
    """They were created and may have been billed."""
    provider.faults.script = {"render": ["fail", "abort", "stall"]}
    renderer = making()
    created = [await submit(renderer, request()) for _ in range(3)]
    await renderer.cancel(created[2])
    assert await found(renderer) == created


@pytest.mark.parametrize(
    ("changes", "is_ours"),
    [
        ({}, True),
        ({"version": "dp-0123456789abcdef", "model": "ACME/storyboards"}, True),
        ({"model": None, "version": None}, True),
        ({"model": "acme/other"}, False),
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
    render_id = await submit(renderer, request())
    await submit(making(profile=profile, model="acme/other"), request())
    assert await found(making(profile=profile)) == [render_id]
