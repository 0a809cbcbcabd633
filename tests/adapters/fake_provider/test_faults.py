"""The temper of the hostile provider: the same seed gives the same run."""

from __future__ import annotations

import asyncio
import io

import av
import httpx
import pytest
from pydantic import ValidationError

from adapters.fake_provider.faults import FAULTS_OF, FaultChooser, Faults
from adapters.fake_provider.server import serving
from adapters.fake_provider.state import ProviderState, new_state

HEADERS = {"Authorization": "Bearer any"}
RATES = {"create": {"lose_answer": 0.05, "error_after": 0.05}, "get": {"error": 0.2}}


def drawn(seed: int, calls: int = 2000) -> list[str | None]:
    chooser = FaultChooser(Faults(seed=seed, rates=RATES))
    return [chooser.fault("create") for _ in range(calls)]


def test_a_seed_gives_the_same_faults_in_every_run() -> None:
    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_faults_come_as_often_as_their_rates_say() -> None:
    faults = drawn(3)
    assert 60 <= faults.count("lose_answer") <= 140
    assert 60 <= faults.count("error_after") <= 140
    assert faults.count(None) > 1700


def test_questions_in_between_do_not_change_what_a_create_meets() -> None:
    chooser = FaultChooser(Faults(seed=1, rates=RATES))
    mixed = []
    for number in range(500):
        for _ in range(number % 3):
            chooser.fault("get")
        mixed.append(chooser.fault("create"))
    assert mixed == drawn(1, 500)


@pytest.mark.parametrize(
    "wrong",
    [
        {"rates": {"create": {"explode": 0.1}}},
        {"rates": {"launch": {}}},
        {"rates": {"create": {"lose_answer": 1.1}}},
        {"rates": {"create": {"lose_answer": 0.6, "garbage": 0.6}}},
        {"script": {"download": ["lose_answer"]}},
        {"sede": 1},
    ],
)
def test_a_fault_that_does_not_exist_is_an_error(wrong) -> None:
    with pytest.raises(ValidationError):
        Faults.model_validate(wrong)


async def test_the_temper_can_be_changed_while_it_runs() -> None:
    state = new_state()
    async with serving(state) as url, httpx.AsyncClient(base_url=url.removesuffix("/v1"), headers=HEADERS) as http:
        assert (await http.patch("/_faults", json={"script": {"list": ["error"]}})).status_code == 200
        assert (await http.get("/v1/predictions")).status_code == 500
        assert (await http.get("/v1/predictions")).status_code == 200
        assert (await http.put("/_faults", json={"render_seconds": 9})).json()["render_seconds"] == 9
        assert (await http.put("/_faults", json={"rates": {"create": {"nonsense": 1}}})).status_code == 422
        assert (await http.get("/_faults")).json()["render_seconds"] == 9


async def download(state: ProviderState, fault: str, **headers: str) -> httpx.Response:
    faults = {"starting_seconds": 0, "render_seconds": 0, "hang_seconds": 0.05, "script": {"download": [fault]}}
    state.chooser.reload(Faults.model_validate(faults))
    async with serving(state) as url, httpx.AsyncClient(base_url=url) as http:
        created = await http.post("models/fake/film/predictions", json={"input": {"duration": 2}}, headers=HEADERS)
        output = (await http.get(f"predictions/{created.json()['id']}", headers=HEADERS)).json()["output"]
        return await http.get(output, headers=headers)


async def test_the_output_is_a_real_video_of_the_length_that_was_asked_for() -> None:
    answer = await download(new_state(), "ok")
    assert len(answer.content) >= 1024
    with av.open(io.BytesIO(answer.content)) as container:
        assert container.streams.video[0].codec_context.name == "h264"
        assert sum(1 for _ in container.decode(video=0)) == 24


async def test_a_download_goes_on_in_the_middle_if_it_is_the_same_file() -> None:
    whole = await download(new_state(), "ok")
    part = await download(new_state(), "ok", Range="bytes=1000-", **{"If-Range": whole.headers["etag"]})
    other = await download(new_state(), "ok", Range="bytes=1000-", **{"If-Range": '"another"'})
    beyond = await download(new_state(), "ok", Range="bytes=9999999-")
    assert (part.status_code, whole.content[:1000] + part.content) == (206, whole.content)
    assert (other.status_code, other.content) == (200, whole.content)
    assert beyond.status_code == 416


@pytest.mark.parametrize("fault", ["cut", "stall"])
async def test_a_download_breaks_off(fault) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        await download(new_state(), fault)


async def test_a_host_of_files_may_serve_anything() -> None:
    whole = await download(new_state(), "ok")
    answers = {fault: await download(new_state(), fault) for fault in FAULTS_OF["download"] - {"cut", "stall"}}
    assert {fault: answer.status_code for fault, answer in answers.items() if answer.status_code != 200} == {
        "gone": 410,
        "missing": 404,
        "forbidden": 403,
        "error": 500,
    }
    assert whole.content.startswith(answers["truncated"].content)
    assert 1024 < len(answers["truncated"].content) < len(whole.content)
    assert (answers["empty"].content, len(answers["tiny"].content)) == (b"", 512)
    assert answers["html"].headers["content-type"].startswith("text/html")
    assert answers["wrong_type"].content == whole.content


async def test_an_output_expires_and_a_token_at_the_file_host_is_noticed() -> None:
    faults = Faults(starting_seconds=0, render_seconds=0)
    state = new_state(faults)
    async with serving(state) as url, httpx.AsyncClient(base_url=url, headers=HEADERS) as http:
        created = await http.post("models/fake/film/predictions", json={"input": {}})
        output = (await http.get(f"predictions/{created.json()['id']}")).json()["output"]
        assert (await http.get(output)).status_code == 200
        state.faults.output_expires_after_seconds = state.faults.data_removed_after_seconds = 0
        assert (await http.get(output)).status_code == 410
        removed = (await http.get(f"predictions/{created.json()['id']}")).json()
    assert (removed["data_removed"], removed["input"], removed["output"]) == (True, {}, None)
    assert state.tokens_at_delivery == 2


async def test_a_caller_that_goes_away_frees_a_hanging_answer() -> None:
    state = new_state(Faults(script={"list": ["hang"]}))
    async with serving(state) as url, httpx.AsyncClient(base_url=url, headers=HEADERS) as http:
        leaving = asyncio.create_task(http.get("predictions"))
        async with asyncio.timeout(10):
            while not state.chooser.injected["list:hang"]:
                await asyncio.sleep(0.01)
        leaving.cancel()
        await asyncio.wait([leaving])
        assert leaving.cancelled()
        assert (await http.get("predictions")).status_code == 200
