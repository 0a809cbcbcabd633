"""The books of the hostile provider: what was created is in them, also after a restart."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from adapters.fake_provider.faults import Faults
from adapters.fake_provider.server import serving
from adapters.fake_provider.state import new_state

HEADERS = {"Authorization": "Bearer any"}
BODY = {"input": {"prompt": "a boat", "seed": 7, "duration": 3}}
RUN = """
import pathlib, sys
from adapters.fake_provider.faults import Faults
from adapters.fake_provider.server import run
faults = Faults(script={"create": ["lose_answer"]})
run(books=pathlib.Path(sys.argv[1]), faults=faults, on_ready=lambda url: print(url, flush=True))
"""


def client(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, headers=HEADERS, trust_env=False)


async def books_of(url: str) -> dict:
    async with client(url.removesuffix("/v1")) as http:
        return (await http.get("/_books")).json()


async def until_listed(url: str, count: int) -> dict:
    async with asyncio.timeout(10):
        while (books := await books_of(url))["count"] < count:
            await asyncio.sleep(0.01)
    return books


async def test_each_create_is_in_the_books_with_what_it_costs() -> None:
    async with serving(new_state(Faults(starting_seconds=0, render_seconds=0))) as url, client(url) as http:
        created = (await http.post("models/acme/films/predictions", json=BODY)).json()
        books = await books_of(url)
    (line,) = books["creates"]
    assert line["id"] == created["id"]
    assert (line["seed"], line["model"], line["status"], line["answer"]) == (7, "acme/films", "succeeded", "ok")
    assert line["input"] == BODY["input"]
    assert line["cost"] == books["cost"] == 0.3


async def test_the_books_outlive_a_kill_and_a_line_cut_short(tmp_path: Path) -> None:
    """A create whose answer was lost is in the file before its caller can miss the answer."""
    path = tmp_path / "books.jsonl"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", RUN, str(path), stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        url = (await process.stdout.readline()).decode().strip()
        async with client(url) as http:
            lost = asyncio.create_task(http.post("models/acme/films/predictions", json=BODY))
            await asyncio.wait([lost])
            assert isinstance(lost.exception(), httpx.RemoteProtocolError | httpx.ReadError)
    finally:
        process.send_signal(signal.SIGKILL)
        await process.communicate()
    with path.open("a") as file:
        file.write('{"created": {"id": "half')
    state = new_state(books=path)
    async with serving(state) as url, client(url) as http:
        (line,) = (await books_of(url))["creates"]
        assert line["answer"] == "lose_answer"
        assert (await http.get(f"predictions/{line['id']}")).json()["input"] == BODY["input"]
        await http.post(f"predictions/{line['id']}/cancel")
        await http.post("models/acme/films/predictions", json=BODY)
    assert all(json.loads(text) for text in path.read_text().splitlines())
    assert len(new_state(books=path).books) == 2


async def test_a_cancelled_render_costs_its_share_and_a_failed_one_nothing() -> None:
    faults = Faults(starting_seconds=0, render_seconds=1000, script={"render": ["ok", "fail"]})
    async with serving(new_state(faults)) as url, client(url) as http:
        for _ in range(2):
            created = (await http.post("models/acme/films/predictions", json=BODY)).json()
            await http.post(f"predictions/{created['id']}/cancel")
        first, second = (await books_of(url))["creates"]
    assert first["status"] == second["status"] == "canceled"
    assert 0 <= first["cost"] < 0.01


async def test_a_render_is_ended_by_its_own_deadline() -> None:
    """Five seconds is the least that is taken, so the books are asked about a create of long ago."""
    state = new_state(Faults(starting_seconds=0, render_seconds=1000))
    async with serving(state) as url, client(url) as http:
        for header, status in (("4s", 422), ("soon", 422), ("5", 201), ("1h30m", 201), ("90s", 201)):
            answer = await http.post("models/fake/film/predictions", json=BODY, headers={"Cancel-After": header})
            assert answer.status_code == status
    assert [entry.cancel_after_seconds for entry in state.books] == [5, 5400, 90]


async def test_a_stranger_is_turned_away() -> None:
    async with serving(new_state(token="the-right-one")) as url, client(url) as http:
        assert (await http.get("predictions")).status_code == 401
        assert (await http.get("predictions", headers={"Authorization": "Bearer the-right-one"})).status_code == 200
