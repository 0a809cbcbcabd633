"""How an image reaches the provider."""

from __future__ import annotations

import asyncio
import base64

import pytest

from adapters.fake_provider import state as fake_state
from adapters.fake_provider.state import ProviderState
from domain.errors import OutcomeUnknown, Refused, Unavailable
from tests.adapters.renderers.replicate.driving import LARGE_PNG, PNG, KeptImages, Making, request


async def sent(provider: ProviderState) -> list[str]:
    return [entry.input["image_urls"] for entry in provider.books][-1]


async def test_without_a_profile_all_image_urls_go_in_their_order(making: Making, provider: ProviderState) -> None:
    urls = [f"https://images.example/{number}.png" for number in (3, 1, 2)]
    await making().submit(request("token-1", *urls))
    (entry,) = provider.books
    assert entry.input == {"image_urls": urls}


@pytest.mark.parametrize(("size", "is_inline"), [(256 * 1024, True), (256 * 1024 + 1, False)])
async def test_small_images_go_inside_the_input_and_large_ones_through_the_files(
    making: Making, provider: ProviderState, size, is_inline
) -> None:
    content = LARGE_PNG[:size]
    await making().submit(request("token-1", f"/api/images/{await KeptImages(making.folder).keep(content)}"))
    (url,) = await sent(provider)
    if is_inline:
        assert url == f"data:image/png;base64,{base64.b64encode(content).decode()}"
        assert not provider.files
    else:
        (file,) = provider.files.values()
        assert url == f"{provider.base_url}/v1/files/{file.id}"
        assert (file.content, file.content_type) == (content, "image/png")


async def test_a_content_is_uploaded_once_however_often_it_is_sent(making: Making, provider: ProviderState) -> None:
    stored = f"/api/images/{await KeptImages(making.folder).keep(LARGE_PNG)}"
    renderer = making()
    await asyncio.gather(*(renderer.submit(request(f"token-{number}", stored, stored)) for number in range(4)))
    assert len(provider.files) == 1


async def test_an_upload_that_will_soon_expire_is_made_again(
    making: Making, provider: ProviderState, monkeypatch
) -> None:
    stored = request("token-1", f"/api/images/{await KeptImages(making.folder).keep(LARGE_PNG)}")
    monkeypatch.setattr(fake_state, "FILES_LIVE_FOR", fake_state.timedelta(minutes=30))
    renderer = making()
    await renderer.submit(stored)
    await renderer.submit(stored)
    assert len(provider.files) == 2


async def test_a_large_data_url_is_uploaded_and_a_small_one_goes_as_it_is(
    making: Making, provider: ProviderState
) -> None:
    small, large = (f"data:image/png;base64,{base64.b64encode(content).decode()}" for content in (PNG, LARGE_PNG))
    await making().submit(request("token-1", small, large))
    first, second = await sent(provider)
    assert first == small
    assert second.startswith(f"{provider.base_url}/v1/files/")


@pytest.mark.parametrize("fault", ["error", "reset", "half_answer", "garbage", "throttle"])
async def test_a_failed_upload_created_nothing(making: Making, provider: ProviderState, fault) -> None:
    provider.faults.script = {"file": [fault]}
    stored = request("token-1", f"/api/images/{await KeptImages(making.folder).keep(LARGE_PNG)}")
    with pytest.raises(Unavailable) as caught:
        await making().submit(stored)
    assert not isinstance(caught.value, OutcomeUnknown)
    assert len(provider.books) == 0


async def test_a_create_never_leaves_long_after_it_was_ordered(making: Making, provider: ProviderState) -> None:
    """Another worker counts from the request on: a create that waited for a slow upload would be paid twice."""
    provider.faults.script = {"file": ["hang"]}
    stored = request("token-1", f"/api/images/{await KeptImages(making.folder).keep(LARGE_PNG)}")
    renderer = making(create_timeout_seconds=0.3)
    with pytest.raises(Unavailable, match="not uploaded within") as caught:
        await renderer.submit(stored)
    assert not isinstance(caught.value, OutcomeUnknown)
    assert len(provider.books) == 0


async def test_images_can_be_brought_there_before_the_create(making: Making, provider: ProviderState) -> None:
    stored = request("token-1", f"/api/images/{await KeptImages(making.folder).keep(LARGE_PNG)}")
    renderer = making()
    await renderer.prepare(stored)
    assert (len(provider.files), len(provider.books)) == (1, 0)
    await renderer.submit(stored)
    assert (len(provider.files), len(provider.books)) == (1, 1)


async def test_an_upload_without_a_valid_token_is_refused(making: Making, provider: ProviderState) -> None:
    provider.faults.script = {"file": ["unauthorized"]}
    stored = request("token-1", f"/api/images/{await KeptImages(making.folder).keep(LARGE_PNG)}")
    with pytest.raises(Refused, match="401"):
        await making().submit(stored)


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
        await making().submit(request("token-1", url))
    assert len(provider.books) == 0
