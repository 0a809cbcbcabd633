"""Renders as the real API shows them: their fields, the forms of a create, the list, waiting for the end."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from adapters.fake_provider.catalogue import version_of
from adapters.fake_provider.creating import read_wait
from adapters.fake_provider.server import serving
from adapters.fake_provider.state import new_state
from tests.adapters.fake_provider.asking import NOT_FOUND, asking, created

FILM = version_of("fake/film")
OTHER = version_of("acme/other")
INPUT = {"prompt": "a boat"}


@pytest.mark.parametrize(
    ("path", "asked", "shown"),
    [
        ("models/minimax/video-01/predictions", {}, ("minimax/video-01", "hidden", None)),
        ("deployments/acme/films/predictions", {}, ("acme/films", f"dp-{version_of('acme/films')[:32]}", "acme/films")),
        ("predictions", {"version": FILM}, ("fake/film", FILM, None)),
        ("predictions", {"version": "b" * 64}, ("fake/film", "b" * 64, None)),
        ("predictions", {"version": f"acme/other:{OTHER}"}, ("acme/other", OTHER, None)),
        ("predictions", {"version": "minimax/video-01"}, ("minimax/video-01", "hidden", None)),
    ],
)
async def test_a_render_names_its_model_however_it_was_created(path, asked, shown) -> None:
    async with asking() as http:
        answer = await http.post(path, json={**asked, "input": INPUT})
        assert answer.status_code == 201
        body = (await http.get(f"predictions/{answer.json()['id']}")).json()
    assert (body["model"], body["version"], body.get("deployment")) == shown


async def test_a_version_is_known_from_where_its_model_was_asked_for() -> None:
    async with asking() as http:
        version = (await http.get("models/acme/other")).json()["latest_version"]["id"]
        body = (await http.post("predictions", json={"version": version, "input": INPUT})).json()
    assert body["model"] == "acme/other"


@pytest.mark.parametrize("path", ["models/nobody/nothing/predictions", "deployments/nobody/nothing/predictions"])
async def test_an_unknown_model_is_not_found(path) -> None:
    async with asking() as http:
        answer = await http.post(path, json={"input": INPUT})
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("version", ["v1", "nobody/nothing", f"minimax/video-01:{'b' * 64}", f"nobody/nothing:{FILM}"])
async def test_an_unknown_version_is_refused(version) -> None:
    async with asking() as http:
        answer = await http.post("predictions", json={"version": version, "input": INPUT})
    assert (answer.status_code, answer.json()["title"]) == (422, "Invalid version or not permitted")


async def test_models_of_ones_own_are_named_by_patterns() -> None:
    async with asking(models=["mine/*"]) as http:
        assert (await created(http, "mine/shorts"))["model"] == "mine/shorts"
        assert (await http.post("models/fake/film/predictions", json={"input": INPUT})).status_code == 404


async def test_a_render_has_the_fields_of_the_real_api() -> None:
    async with asking() as http:
        answer = await http.post("models/fake/film/predictions", json={"input": INPUT}, headers={"Cancel-After": "90s"})
        body = (await http.get(f"predictions/{answer.json()['id']}")).json()
    render, base = body["id"], str(http.base_url).removesuffix("/v1/")
    assert body["urls"] == {
        "get": f"{base}/v1/predictions/{render}",
        "cancel": f"{base}/v1/predictions/{render}/cancel",
        "stream": f"{base}/stream/{render}",
        "web": f"{base}/p/{render}",
    }
    assert (body["status"], body["source"], body["data_removed"], body["error"]) == ("succeeded", "api", False, None)
    assert set(body["metrics"]) == {"predict_time", "total_time"}
    lasts = datetime.fromisoformat(body["deadline"]) - datetime.fromisoformat(body["created_at"])
    assert lasts == timedelta(seconds=90)
    assert body["created_at"] <= body["started_at"] <= body["completed_at"]


async def test_books_of_earlier_versions_have_a_model_for_every_render(tmp_path: Path) -> None:
    """A create by version or deployment was booked without a model."""
    state = new_state()
    async with serving(state) as url, httpx.AsyncClient(base_url=url, headers={"Authorization": "Bearer any"}) as http:
        await created(http)
    (entry,) = state.books
    booked = entry.model_copy(update={"model": None}).model_dump(mode="json")
    others = [{"version": FILM}, {"version": "hidden", "deployment": "acme/films"}]
    lines = [json.dumps({"created": {**booked, **other, "id": str(place)}}) for place, other in enumerate(others)]
    path = tmp_path / "books.jsonl"
    path.write_text("".join(f"{line}\n" for line in lines))
    again = new_state(books=path)
    assert [again.shown(old)["model"] for old in again.books] == ["fake/film", "acme/films"]


async def test_pages_lead_forth_and_back() -> None:
    async with asking(page_size=2) as http:
        ids = [(await created(http, prompt=f"boat {number}"))["id"] for number in range(5)]
        pages = [(await http.get("predictions")).json()]
        while following := pages[-1]["next"]:
            pages.append((await http.get(following)).json())
        back = [pages[-1]]
        while earlier := back[-1]["previous"]:
            back.append((await http.get(earlier)).json())
    assert [item["id"] for page in pages for item in page["results"]] == ids[::-1]
    assert [len(page["results"]) for page in pages] == [2, 2, 1]
    assert [[item["id"] for item in page["results"]] for page in back[::-1]] == [
        [item["id"] for item in page["results"]] for page in pages
    ]


async def test_a_page_before_another_may_be_short() -> None:
    """The first page has grown since the second one was read."""
    async with asking(page_size=2) as http:
        for number in range(3):
            await created(http, prompt=f"boat {number}")
        second = (await http.get((await http.get("predictions")).json()["next"])).json()
        latest = await created(http, prompt="the latest")
        middle = (await http.get(second["previous"])).json()
        first = (await http.get(middle["previous"])).json()
    assert [item["id"] for item in first["results"]] == [latest["id"]]
    assert first["previous"] is None


async def test_the_list_is_cut_by_time() -> None:
    async with asking() as http:
        first, second, third = [await created(http, prompt=f"boat {number}") for number in range(3)]
        between = {"created_after": second["created_at"], "created_before": third["created_at"]}
        listed = (await http.get("predictions", params=between)).json()["results"]
        everything = (await http.get("predictions", params={"created_before": third["created_at"]})).json()["results"]
        from_the_web = (await http.get("predictions", params={"source": "web"})).json()["results"]
        for wrong in ({"created_before": "soon"}, {"created_after": "2026-01-01T00:00:00"}, {"cursor": "bm93aGVyZQ=="}):
            assert (await http.get("predictions", params=wrong)).status_code == 400
    assert [item["id"] for item in listed] == [second["id"]]
    assert [item["id"] for item in everything] == [second["id"], first["id"]]
    assert from_the_web == []


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        ("", None),
        ("respond-async", None),
        ("wait", 60),
        ("wait=5", 5),
        ("wait=0", 1),
        ("wait=999", 60),
        ("wait = 7", 7),
    ],
)
def test_a_wait_is_between_one_second_and_sixty(prefer, seconds) -> None:
    assert read_wait(prefer) == seconds


async def test_an_answer_waits_for_the_end() -> None:
    async with asking(starting_seconds=0.1, render_seconds=0.2) as http:
        answer = await http.post("models/fake/film/predictions", json={"input": INPUT}, headers={"Prefer": "wait=30"})
    assert answer.headers["preference-applied"] == "wait=30"
    assert (answer.json()["status"], answer.json()["output"][-4:]) == ("succeeded", ".mp4")


async def test_an_answer_whose_wait_is_over_says_starting() -> None:
    """The official clients go on asking only for a render that is starting."""
    async with asking(render_seconds=60) as http:
        answer = await http.post("models/fake/film/predictions", json={"input": INPUT}, headers={"Prefer": "wait=1"})
        now = (await http.get(f"predictions/{answer.json()['id']}")).json()
    assert (answer.json()["status"], now["status"]) == ("starting", "processing")
    assert "started_at" not in answer.json()


async def test_a_cancel_ends_the_wait() -> None:
    async with asking(render_seconds=60) as http:
        waiting = asyncio.create_task(
            http.post("models/fake/film/predictions", json={"input": INPUT}, headers={"Prefer": "wait"})
        )
        async with asyncio.timeout(10):
            while not (listed := (await http.get("predictions")).json()["results"]):
                await asyncio.sleep(0.01)
            await http.post(f"predictions/{listed[0]['id']}/cancel")
            assert (await waiting).json()["status"] == "canceled"


async def test_the_output_is_streamed_and_shown_on_a_page() -> None:
    async with asking(script={"render": ["ok", "fail", "cancel"]}) as http:
        renders = [await created(http, prompt=f"boat {number}") for number in range(3)]
        ended = [(await http.get(render["urls"]["get"])).json() for render in renders]
        streams = [(await http.get(render["urls"]["stream"])).text for render in renders]
        page = await http.get(renders[0]["urls"]["web"])
        assert (await http.get(renders[0]["urls"]["web"] + "x")).status_code == 404
    assert f"event: output\nid: output:0\ndata: {ended[0]['output']}\n\nevent: done\n" in streams[0]
    assert streams[1].startswith("event: error\n")
    assert '{"reason": "canceled"}' in streams[2]
    assert "fake/film: succeeded" in page.text


async def test_an_unknown_address_has_a_problem_too() -> None:
    async with asking() as http:
        answers = [await http.get(path) for path in ("predictions/nobody", "nothing", "hardware")]
    assert [(answer.status_code, answer.json()) for answer in answers] == [(404, NOT_FOUND)] * 3
