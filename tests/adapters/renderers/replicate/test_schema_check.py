"""The profile against the model's published schema, before any money is spent."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from adapters import clock
from adapters.fake_provider.state import ProviderState
from adapters.renderers.replicate.model import Misconfigured
from adapters.renderers.replicate.profile import Profile
from tests.adapters.renderers.replicate.driving import MODEL, SEEDED, Making, found, http, request, saying


def schema(*fields: str, required: tuple[str, ...] = ()) -> dict:
    inputs = {"properties": {name: {"type": "string"} for name in fields}, "required": list(required)}
    return {"id": "a" * 64, "openapi_schema": {"components": {"schemas": {"Input": inputs}}}}


async def test_a_profile_that_fits_passes_in_silence(making: Making) -> None:
    with capture_logs() as logs:
        await making(profile=SEEDED).check()
    assert logs == []


@pytest.mark.parametrize("endpoint", [None, "deployment"])
async def test_an_unknown_field_names_the_nearest_one(making: Making, provider: ProviderState, endpoint) -> None:
    provider.schemas[MODEL] = {"first_frame_image": {}, "prompt": {}}
    profile = Profile(endpoint=endpoint, inputs={"first_image": "first_frame_img"})
    with pytest.raises(Misconfigured, match=f"{MODEL} takes no field 'first_frame_img'.*'first_frame_image'"):
        await making(profile=profile).check()


async def test_a_version_is_held_against_its_own_schema(making: Making) -> None:
    async with saying(http(200, schema("images"))) as (url, heard):
        with pytest.raises(Misconfigured, match="nearest name is 'images'"):
            await making(url=url, model=f"{MODEL}:{'a' * 64}").check()
    assert heard.heads[0].startswith(f"GET /v1/models/{MODEL}/versions/{'a' * 64} ")


async def test_a_shipped_profile_is_offered_where_one_fits(making: Making) -> None:
    answer = {"owner": "minimax", "name": "video-01", "latest_version": schema("first_frame_image", "prompt")}
    async with saying(http(200, answer)) as (url, _):
        with pytest.raises(Misconfigured, match="minimax-video-01"):
            await making(url=url, model="minimax/video-01").check()


@pytest.mark.parametrize(
    "answer",
    [
        http(500),
        http(404, {"detail": "no such model"}),
        http(401, {"title": "Unauthenticated"}),
        http(200, b"<html>"),
        http(200, {"latest_version": None}),
        http(200, {"latest_version": {"openapi_schema": {"components": {"schemas": {}}}}}),
        http(200, {"latest_version": {"openapi_schema": "odd"}}),
        b"",
    ],
)
async def test_a_schema_that_cannot_be_read_is_only_a_warning(making: Making, answer) -> None:
    async with saying(answer) as (url, _):
        with capture_logs() as logs:
            await making(url=url).check()
    assert [(line["event"], line["log_level"]) for line in logs[1:]] == [("replicate_schema_not_checked", "warning")]


async def test_a_bare_version_has_no_schema_to_ask_for(making: Making) -> None:
    with capture_logs() as logs:
        await making(model="a" * 64).check()
    assert [line["event"] for line in logs[1:]] == ["replicate_schema_not_checked"]


async def test_a_required_field_that_is_never_sent_is_warned_of(making: Making) -> None:
    answer = {
        "owner": "acme",
        "name": "storyboards",
        "latest_version": schema("image_urls", "prompt", required=("prompt",)),
    }
    async with saying(http(200, answer)) as (url, _):
        with capture_logs() as logs:
            await making(url=url).check()
    missing = [(line["event"], line["fields"]) for line in logs[1:]]
    assert missing == [("replicate_required_fields_missing", ("prompt",))]


async def test_a_renamed_model_is_recognised_in_the_list(making: Making, provider: ProviderState) -> None:
    """The provider answers for `acme/old` with its new name: our own renders are listed under that one."""
    about = {"owner": "acme", "name": "new", "latest_version": schema("image_urls")}
    images = [scene.image_url for scene in request().scenes]
    item = {"id": "abc", "status": "starting", "model": "acme/new", "created_at": clock.now().isoformat()}
    listed = {"next": None, "results": [{**item, "input": {"image_urls": images}}]}
    async with saying(http(200, about), http(200, listed)) as (url, _):
        renderer = making(url=url, model="acme/old")
        await renderer.check()
        assert await found(renderer) == ["abc"]
