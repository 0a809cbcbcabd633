"""How an image reaches the provider."""

from __future__ import annotations

import asyncio
import base64
import hashlib

import pytest

from adapters.fake_provider import state as fake_state
from adapters.fake_provider.state import ProviderState
from adapters.renderers.replicate.kept_input import stored_input
from domain.errors import OutcomeUnknown, Refused, Unavailable
from tests.adapters.renderers.replicate.driving import LARGE_PNG, PNG, SEEDED, KeptImages, Making, request, submit


async def sent(provider: ProviderState) -> list[str]:
    return [entry.input["image_urls"] for entry in provider.books][-1]


async def kept(making: Making, content: bytes) -> str:
    return f"/api/images/{await KeptImages(making.folder).keep(content)}"


async def test_without_a_profile_all_image_urls_go_in_their_order(making: Making, provider: ProviderState) -> None:
    urls = [f"https://images.example/{number}.png" for number in (3, 1, 2)]
    await submit(making(), request("token-1", *urls))
    (entry,) = provider.books
    assert entry.input == {"image_urls": urls}


@pytest.mark.parametrize(("size", "is_inline"), [(256 * 1024, True), (256 * 1024 + 1, False)])
async def test_with_a_seed_small_images_go_inside_the_input_and_large_ones_through_the_files(
    making: Making, provider: ProviderState, size, is_inline
) -> None:
    content = LARGE_PNG[:size]
    await submit(making(profile=SEEDED), request("token-1", await kept(making, content)))
    (url,) = await sent(provider)
    if is_inline:
        assert url == f"data:image/png;base64,{base64.b64encode(content).decode()}"
        assert not provider.files
    else:
        (file,) = provider.files.values()
        assert url == f"{provider.base_url}/v1/files/{file.id}"
        assert (file.content, file.content_type) == (content, "image/png")


async def test_with_a_seed_a_content_is_uploaded_once_however_often_it_is_sent(
    making: Making, provider: ProviderState
) -> None:
    stored = await kept(making, LARGE_PNG)
    renderer = making(profile=SEEDED)
    await asyncio.gather(*(submit(renderer, request(f"token-{number}", stored, stored)) for number in range(4)))
    assert len(provider.files) == 1


async def test_an_upload_that_will_soon_expire_is_made_again(
    making: Making, provider: ProviderState, monkeypatch
) -> None:
    stored = request("token-1", await kept(making, LARGE_PNG))
    monkeypatch.setattr(fake_state, "FILES_LIVE_FOR", fake_state.timedelta(minutes=30))
    renderer = making()
    await submit(renderer, stored)
    await submit(renderer, stored)
    assert len(provider.files) == 2


async def test_with_a_seed_a_large_data_url_is_uploaded_and_a_small_one_goes_as_it_is(
    making: Making, provider: ProviderState
) -> None:
    small, large = (f"data:image/png;base64,{base64.b64encode(content).decode()}" for content in (PNG, LARGE_PNG))
    await submit(making(profile=SEEDED), request("token-1", small, large))
    first, second = await sent(provider)
    assert first == small
    assert second.startswith(f"{provider.base_url}/v1/files/")


@pytest.mark.parametrize("fault", ["error", "reset", "half_answer", "garbage", "throttle"])
async def test_a_failed_upload_created_nothing(making: Making, provider: ProviderState, fault) -> None:
    provider.faults.script = {"file": [fault]}
    with pytest.raises(Unavailable) as caught:
        await submit(making(), request("token-1", await kept(making, LARGE_PNG)))
    assert not isinstance(caught.value, OutcomeUnknown)
    assert len(provider.books) == 0


async def test_the_create_uploads_nothing_and_sends_what_the_order_says(
    making: Making, provider: ProviderState
) -> None:
    """Another worker counts from the request on: a create that waited for a slow upload would be paid twice."""
    stored = request("token-1", await kept(making, LARGE_PNG), "https://images.example/2.png")
    renderer = making()
    order = await renderer.prepare(stored)
    assert (len(provider.files), len(provider.books)) == (1, 0)
    provider.faults.script = {"file": ["hang"]}
    await renderer.submit(stored, order)
    (file,) = provider.files.values()
    assert await sent(provider) == [f"{provider.base_url}/v1/files/{file.id}", "https://images.example/2.png"]
    image = {"sha256": hashlib.sha256(LARGE_PNG).hexdigest(), "url": f"{provider.base_url}/v1/files/{file.id}"}
    assert order.input == {"image_urls": [image, "https://images.example/2.png"]}


async def test_an_order_of_other_settings_is_not_sent(making: Making, provider: ProviderState) -> None:
    order = await making().prepare(request())
    with pytest.raises(Unavailable, match="nothing was created"):
        await making(profile=SEEDED).submit(request(), order)
    with pytest.raises(Unavailable, match="nothing was created"):
        await making(model="acme/other").submit(request(), order)
    assert len(provider.books) == 0


async def test_an_upload_without_a_valid_token_is_refused(making: Making, provider: ProviderState) -> None:
    provider.faults.script = {"file": ["unauthorized"]}
    with pytest.raises(Refused, match="401"):
        await submit(making(), request("token-1", await kept(making, LARGE_PNG)))


async def test_a_large_image_needs_the_files_api(making: Making, provider: ProviderState) -> None:
    provider.faults.script = {"file": ["not_found"]}
    with pytest.raises(Refused, match="takes no uploads"):
        await submit(making(), request("token-1", await kept(making, LARGE_PNG)))


def test_what_is_stored_of_an_input_is_short(making: Making) -> None:
    """A history is kept for ever: it holds no file, and no more of a long text than tells it apart."""
    renderer = making(profile=SEEDED)
    data_url = f"data:image/png;base64,{base64.b64encode(LARGE_PNG).decode()}"
    order = renderer.order_of(request("token-1", data_url, data_url))
    assert len(str(order.input)) < 500
    kept_text = stored_input({"prompt": "A long story. " * 100, "reference": "data:audio/wav;base64,UklGRg==", "n": 5})
    assert kept_text["n"] == 5
    assert {name: sorted(value) for name, value in kept_text.items() if isinstance(value, dict)} == {
        "prompt": ["begins", "letters", "text_sha256"],
        "reference": ["begins", "letters", "text_sha256"],
    }


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (f"/api/images/{'0' * 64}", "Scene 1: the image .* was never uploaded here"),
        ("data:image/png;base64,!!!", "Scene 1: .*broken base64"),
        ("data:nothing", "Scene 1: .*comma"),
        ("/etc/passwd", "Scene 1: an image is"),
        ("file:///etc/passwd", "Scene 1: an image is"),
        (f"/api/images/../{'0' * 64}", "Scene 1: an image is"),
    ],
)
async def test_an_image_that_cannot_be_sent_is_refused_and_named(
    making: Making, provider: ProviderState, url, says
) -> None:
    with pytest.raises(Refused, match=says):
        await submit(making(), request("token-1", url))
    assert len(provider.books) == 0
