"""What a provider may do to a render that it has: echo it changed, rename its model, forget it, answer another's id."""

from __future__ import annotations

import asyncio
import unicodedata

import pytest

from adapters.fake_provider.catalogue import version_of
from tests.adapters.fake_provider.asking import NOT_FOUND, asking, change, created

CAFE = unicodedata.normalize("NFC", "un café")
SENT = {"prompt": CAFE, "seed": 5, "strength": 0.5, "loop": True, "images": ["data:image/png;base64,AAAABBBB"]}


@pytest.mark.parametrize(
    ("changes", "echoed"),
    [
        ({}, SENT),
        ({"prompt": "redacted"}, {**SENT, "prompt": "[REDACTED]"}),
        ({"prompt": "unicode"}, {**SENT, "prompt": unicodedata.normalize("NFD", CAFE)}),
        ({"*": "text"}, {**SENT, "seed": "5", "strength": "0.5"}),
        ({"seed": "dropped"}, {name: value for name, value in SENT.items() if name != "seed"}),
        ({"images": "cut", "*": "redacted"}, {**dict.fromkeys(SENT, "[REDACTED]"), "images": ["data:image/png;"]}),
    ],
)
async def test_an_input_is_echoed_otherwise_than_it_was_sent(changes, echoed) -> None:
    async with asking(echoes=changes) as http:
        render = await created(http, **SENT)
        listed = (await http.get("predictions")).json()["results"]
        read = (await http.get(render["urls"]["get"])).json()
    assert [render["input"], listed[0]["input"], read["input"]] == [echoed] * 3


async def test_a_text_goes_to_its_other_normal_form_and_inside_of_objects() -> None:
    decomposed = unicodedata.normalize("NFD", CAFE)
    async with asking(echoes={"*": "unicode"}) as http:
        render = await created(http, words={"title": decomposed})
    assert render["input"] == {"words": {"title": CAFE}}


async def test_the_books_have_what_was_sent() -> None:
    async with asking(echoes={"*": "dropped"}) as http:
        await created(http, **SENT)
        books = (await http.get(str(http.base_url).removesuffix("/v1/") + "/_books")).json()
    assert books["creates"][0]["input"] == SENT


async def test_a_renamed_model_is_shown_under_its_new_name_and_runs_under_both() -> None:
    async with asking() as http:
        await created(http, "acme/old")
        await change(http, renamed_models={"acme/old": "acme/new", "minimax/video-01": "minimax/video-02"})
        await created(http, "acme/old")
        await created(http, "acme/new")
        await created(http, "minimax/video-02", prompt="a boat")
        refused = await http.post("models/minimax/video-02/predictions", json={"input": {}})
        version = (await http.get("models/minimax/video-02")).json()["latest_version"]["id"]
        by_version = await http.post("predictions", json={"version": version, "input": {"prompt": "a boat"}})
        listed = (await http.get("predictions")).json()["results"]
        about = (await http.get("models/acme/old")).json()
        names = [model["name"] for model in (await http.get("models")).json()["results"]]
    assert [item["model"] for item in listed] == ["minimax/video-02"] * 2 + ["acme/new"] * 3
    assert (refused.status_code, version) == (422, version_of("minimax/video-01"))
    assert by_version.json()["version"] == version
    assert (about["owner"], about["name"]) == ("acme", "new")
    assert "video-02" in names
    assert "video-01" not in names


async def test_equal_input_gets_the_same_id() -> None:
    async with asking(same_id_for_equal_input=True) as http:
        first, again = await created(http, prompt="a boat"), await created(http, prompt="a boat")
        other = await created(http, "acme/film", prompt="a boat")
        assert len((await http.get("predictions")).json()["results"]) == 2
    assert first["id"] == again["id"] != other["id"]


async def test_a_render_is_forgotten_some_time_after_its_end() -> None:
    async with asking(render_seconds=0.2, forgotten_after_seconds=0.2) as http:
        render = await created(http)
        assert (await http.get(render["urls"]["get"])).status_code == 200
        async with asyncio.timeout(10):
            while (answer := await http.get(render["urls"]["get"])).status_code == 200:
                await asyncio.sleep(0.01)
        assert answer.json() == NOT_FOUND
        assert (await http.get("predictions")).json()["results"] == []
        assert (await http.post(render["urls"]["cancel"])).status_code == 404


async def test_every_create_may_answer_500_and_create() -> None:
    async with asking(rates={"create": {"error_after": 1.0}}, list_lag_seconds=0.3) as http:
        answers = [await http.post("models/fake/film/predictions", json={"input": {}}) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [500] * 3
        assert (await http.get("predictions")).json()["results"] == []
        async with asyncio.timeout(10):
            while len((await http.get("predictions")).json()["results"]) < 3:
                await asyncio.sleep(0.01)


@pytest.mark.parametrize("ahead_seconds", [3600, -3600])
async def test_a_clock_that_is_off_is_off_in_every_time(ahead_seconds) -> None:
    async with asking(clock_ahead_seconds=ahead_seconds) as http:
        render = await created(http)
        file = (await http.post("files", files={"content": b"x"})).json()
        await change(http, clock_ahead_seconds=0)
        later = await created(http)
    times = (render["created_at"], file["created_at"])
    assert all((time > later["created_at"]) == (ahead_seconds > 0) for time in times)
