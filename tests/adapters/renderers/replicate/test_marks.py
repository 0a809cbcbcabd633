"""Without a seed an upload that was made for one request alone tells its render from every other one."""

from __future__ import annotations

import base64

import pytest

from adapters.fake_provider.state import ProviderState
from adapters.renderers.replicate.http import ApiAnswer, Call, Http
from adapters.renderers.replicate.profile import Profile
from domain.rendering import RenderRequest
from tests.adapters.renderers.replicate.driving import (
    LARGE_PNG,
    PNG,
    SEEDED,
    TOKEN,
    KeptImages,
    Making,
    looked_up,
    request,
    submit,
)

DATA_URL = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"


async def kept(making: Making, token: str = "token-1", content: bytes = PNG) -> RenderRequest:
    return request(token, f"/api/images/{await KeptImages(making.folder).keep(content)}")


@pytest.mark.parametrize("content", [PNG, LARGE_PNG])
async def test_equal_requests_run_side_by_side_and_each_is_found_as_its_own(
    making: Making, provider: ProviderState, content: bytes
) -> None:
    """A lone match was taken for ours: of two programs on one account one adopted the other's render."""
    renderer, other = making(), making()
    orders, created = [], []
    for number, one in enumerate((renderer, other, renderer)):
        wanted = await kept(making, f"token-{number}", content)
        orders.append(await one.prepare(wanted))
        created.append(await one.submit(wanted, orders[-1]))
    assert [await looked_up(making(), order) for order in orders] == [([render_id], []) for render_id in created]
    assert len({order.request_hash for order in orders}) == 3
    assert len(provider.files) == 3


@pytest.mark.parametrize("url", [DATA_URL, None])
async def test_a_picture_that_we_send_ourselves_is_a_mark_and_an_address_of_others_is_none(
    making: Making, url: str | None
) -> None:
    sent = request("token-1", url) if url else await kept(making)
    order = await making().prepare(sent)
    assert order.recall
    assert order.recall["by"] == "mark"
    for profile, wanted in ((None, request()), (SEEDED, sent)):
        other = await making(profile=profile).prepare(wanted)
        assert other.recall
        assert other.recall["by"] == ("seed" if profile else "input")


async def test_one_picture_of_ours_among_others_is_enough(making: Making) -> None:
    order = await making().prepare(request("token-1", "https://images.example/1.png", DATA_URL))
    assert order.recall
    assert order.recall["by"] == "mark"


async def test_a_render_whose_order_was_made_twice_is_ours_by_the_name_of_its_upload(
    making: Making, provider: ProviderState
) -> None:
    """A process that was killed between two orders of one token knows the address of its last upload alone."""
    wanted = await kept(making)
    render_id = await submit(making(), wanted)
    order = await making().prepare(wanted)
    assert len(provider.files) == 2
    assert await looked_up(making(), order) == ([render_id], [])


async def test_the_same_process_uploads_once_for_one_token(making: Making, provider: ProviderState) -> None:
    wanted, renderer = await kept(making), making()
    first, second = await renderer.prepare(wanted), await renderer.prepare(wanted)
    assert (first.input, first.request_hash) == (second.input, second.request_hash)
    assert len(provider.files) == 1


class WithoutFiles(Http):
    """A gateway that hands on all but uploads."""

    def __init__(self, base_url: str, status: int) -> None:
        super().__init__(base_url, TOKEN, on_status=lambda _code: None)
        self._status = status

    async def send(self, call: Call, *, timeout_seconds: float) -> ApiAnswer:
        if call.path == "files":
            return ApiAnswer(status=self._status, headers={}, body=b"{}")
        return await super().send(call, timeout_seconds=timeout_seconds)


@pytest.mark.parametrize("status", [404, 405, 501])
async def test_without_a_files_api_the_input_has_to_do(making: Making, provider: ProviderState, status: int) -> None:
    wanted, renderer = await kept(making), making(http=WithoutFiles(making.url, status))
    order = await renderer.prepare(wanted)
    assert order.recall
    assert order.recall["by"] == "input"
    assert order.request_hash == (await renderer.prepare(await kept(making, "token-2"))).request_hash
    render_id = await renderer.submit(wanted, order)
    assert [entry.input["image_urls"] for entry in provider.books] == [[DATA_URL]]
    assert await looked_up(making(), order) == ([render_id], [])


async def test_a_mark_that_is_not_shown_leaves_an_equal_render_unclear(making: Making, provider: ProviderState) -> None:
    wanted = await kept(making)
    order = await making().prepare(wanted)
    render_id = await making().submit(wanted, order)
    provider.books.remove_data(render_id)
    assert await looked_up(making(), order) == ([], [render_id])


async def test_an_upload_of_a_stranger_that_is_gone_leaves_an_equal_render_unclear(
    making: Making, provider: ProviderState
) -> None:
    theirs = await submit(making(), await kept(making, "token-2"))
    provider.files.clear()
    order = await making().prepare(await kept(making))
    assert await looked_up(making(), order) == ([], [theirs])


async def test_the_mark_decides_under_another_name_of_the_model(making: Making) -> None:
    wanted = await kept(making)
    order = await making().prepare(wanted)
    render_id = await making().submit(wanted, order)
    assert await looked_up(making(model="acme/renamed", profile=Profile(inputs={"first_image": "image"})), order) == (
        [render_id],
        [],
    )


async def test_no_mark_is_shared_with_another_picture_of_the_same_request(
    making: Making, provider: ProviderState
) -> None:
    images = KeptImages(making.folder)
    urls = [f"/api/images/{await images.keep(content)}" for content in (PNG, LARGE_PNG, PNG)]
    await submit(making(), request("token-1", *urls))
    (entry,) = provider.books
    first, second, third = entry.input["image_urls"]
    assert first == third != second
    assert all("token-1" in file.name for file in provider.files.values())


async def test_behind_a_gateway_uploads_have_another_address_and_are_asked_for_at_ours(
    making: Making, provider: ProviderState
) -> None:
    """The provider names its own host: of equal requests none could be told apart from the others."""
    inside = provider.base_url
    wanted, other = await kept(making), await kept(making, "token-2")
    first = await submit(making(), wanted)
    second = await submit(making(), other)
    orders = [await making().prepare(one) for one in (wanted, other)]
    for entry in provider.books:
        entry.input["image_urls"] = [
            url.replace(inside, "https://api.provider.example") for url in entry.input["image_urls"]
        ]
    assert [await looked_up(making(), order) for order in orders] == [([first], []), ([second], [])]
