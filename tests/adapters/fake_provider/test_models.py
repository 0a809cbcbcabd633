"""The account, models with their versions and schemas, deployments."""

from __future__ import annotations

import pytest

from tests.adapters.fake_provider.asking import NOT_FOUND, asking, created

IMAGE = "https://images.example/1.png"


async def test_the_account_has_a_name() -> None:
    async with asking() as http:
        account = (await http.get("account")).json()
    assert (account["type"], account["username"]) == ("organization", "fake")
    assert set(account) == {"type", "username", "name", "avatar_url", "github_url"}


async def test_models_are_listed_page_by_page() -> None:
    async with asking(page_size=4) as http:
        first = (await http.get("models")).json()
        second = (await http.get(first["next"])).json()
        third = (await http.get(second["next"])).json()
        assert (await http.get("models", params={"cursor": "bm93aGVyZQ=="})).status_code == 400
    names = [f"{model['owner']}/{model['name']}" for page in (first, second, third) for model in page["results"]]
    assert names == sorted(names)
    assert {"fake/film", "minimax/video-01"} <= set(names)
    assert third["next"] is None


async def test_a_model_has_one_version_with_the_schema_of_its_input() -> None:
    async with asking() as http:
        await created(http, "minimax/video-01", prompt="a boat")
        model = (await http.get("models/minimax/video-01")).json()
        latest = model["latest_version"]
        versions = (await http.get("models/minimax/video-01/versions")).json()
        version = (await http.get(f"models/minimax/video-01/versions/{latest['id']}")).json()
    assert (model["run_count"], model["visibility"]) == (1, "public")
    assert versions == {"previous": None, "next": None, "results": [latest]}
    assert version == latest
    schemas = latest["openapi_schema"]["components"]["schemas"]
    assert schemas["Input"]["required"] == ["prompt"]
    assert schemas["Input"]["properties"]["first_frame_image"] == {
        "title": "First frame image",
        "x-order": 1,
        "type": "string",
        "format": "uri",
    }
    assert schemas["Output"]["format"] == "uri"


@pytest.mark.parametrize(
    "path",
    [
        "models/nobody/nothing",
        "models/nobody/nothing/versions",
        f"models/nobody/nothing/versions/{'a' * 64}",
        f"models/minimax/video-01/versions/{'a' * 64}",
        "models/fake/film/versions/v1",
        "deployments/nobody/nothing",
    ],
)
async def test_what_is_unknown_is_not_found(path) -> None:
    async with asking() as http:
        answer = await http.get(path)
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


async def test_a_deployment_runs_the_model_of_its_name() -> None:
    async with asking() as http:
        deployment = (await http.get("deployments/acme/films")).json()
        release = deployment["current_release"]
        version = (await http.get(f"models/acme/films/versions/{release['version']}")).json()
    assert (deployment["owner"], deployment["name"], release["model"]) == ("acme", "films", "acme/films")
    assert version["id"] == release["version"]
    assert set(release["configuration"]) == {"hardware", "min_instances", "max_instances"}


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"prompt": None}, "- input.prompt: Invalid type. Expected: string, given: null\n"),
        ({"duration": "5"}, "- input.duration: Invalid type. Expected: integer, given: string\n"),
        ({"duration": True}, "- input.duration: Invalid type. Expected: integer, given: boolean\n"),
        ({"duration": 1}, "- input.duration: Must be greater than or equal to 2\n"),
        ({"duration": 13}, "- input.duration: Must be less than or equal to 12\n"),
        ({"resolution": "8k"}, '- input.resolution: Must be one of the following: "480p", "720p", "1080p"\n'),
    ],
)
async def test_a_published_model_refuses_an_input_that_is_none(changes, detail) -> None:
    sent = {"prompt": "a boat", "image": IMAGE, **changes}
    async with asking() as http:
        answer = await http.post("models/bytedance/seedance-1-lite/predictions", json={"input": sent})
        assert (await http.get("predictions")).json()["results"] == []
    assert (answer.status_code, answer.json()["detail"]) == (422, detail)
    (field,) = answer.json()["invalid_fields"]
    assert field["field"] == f"input.{next(iter(changes))}"


async def test_a_published_model_wants_what_it_requires_and_takes_what_it_does_not_know() -> None:
    async with asking() as http:
        answer = await http.post("models/kwaivgi/kling-v2.1/predictions", json={"input": {"steps": 3}})
        await created(http, "kwaivgi/kling-v2.1", prompt="a boat", start_image=IMAGE, steps=3)
    assert answer.json()["detail"] == "- input: prompt is required\n- input: start_image is required\n"
