"""Reading the provider's list: once for all who look, on where it stopped, and never for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from adapters import clock
from adapters.fake_provider.state import ProviderState
from adapters.renderers.replicate import render_list
from adapters.renderers.replicate.client import Access, ReplicateClient
from adapters.renderers.replicate.render_list import RenderList, UnfinishedReading
from domain.errors import Refused, Unavailable
from tests.adapters.renderers.replicate.driving import (
    SEEDED,
    TOKEN,
    Making,
    found,
    http,
    request,
    saying,
    submit,
    talking,
)

NOW = datetime(2026, 1, 16, 12, tzinfo=UTC)


@dataclass(kw_only=True)
class LongList:
    """A provider with many renders, newest first; `now` is its clock, `asked` the place of each page that was read."""

    ages: list[float]
    page_size: int = 1
    now: datetime = NOW
    born: datetime = NOW
    asked: list[int] = field(default_factory=list)
    fails_at: set[int] = field(default_factory=set)
    bare: set[int] = field(default_factory=set)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            target = head.split()[1]
            after = int(parse_qs(urlsplit(target).query).get("cursor", ["0"])[0])
            place = next((at for at, age in enumerate(self.ages) if age > after), len(self.ages)) if after else 0
            self.asked.append(place)
            writer.write(self.page(place))
            await writer.drain()

    def page(self, place: int) -> bytes:
        if place in self.fails_at:
            return self.whole(500, {})
        ages = self.ages[place : place + self.page_size]
        items = [
            {
                "id": f"r{age:g}",
                "status": "succeeded",
                "created_at": (self.born - timedelta(seconds=age)).isoformat(),
                "input": {} if age in self.bare else {"n": age},
            }
            for age in ages
        ]
        has_more = place + self.page_size < len(self.ages)
        following = f"https://elsewhere.example/api/v1/predictions?cursor={ages[-1]:g}" if has_more else None
        return self.whole(200, {"next": following, "results": items})

    def whole(self, status: int, body: object) -> bytes:
        answer = http(status, body, Date=format_datetime(self.now, usegmt=True))
        return answer.replace(b"Connection: close\r\n", b"")


@dataclass(kw_only=True)
class Hands:
    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@asynccontextmanager
async def reading(provider: LongList, hands: Callable[[], float] = Hands()) -> AsyncIterator[RenderList]:  # noqa: B008
    async with talking(provider.answer) as url:
        client = ReplicateClient(Access(token=TOKEN, base_url=url))
        try:
            yield RenderList(client, monotonic=hands)
        finally:
            await client.close()


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render_list, "MOST_PAGES_AT_ONCE", 4)
    monkeypatch.setattr(render_list, "FEW_PAGES", 2)
    monkeypatch.setattr(render_list, "MOST_PAGES", 12)


async def test_the_list_is_read_back_over_the_hour_that_shows_inputs_by_the_providers_clock() -> None:
    """Our clock here is far away from the provider's. What shows its input although it is older counts, too."""
    provider = LongList(ages=[10, 3000, 3590, 3700, 7300, 90_000], page_size=1, bare={3000, 3700})
    async with reading(provider) as renders:
        seen = await renders.read()
    assert [one.id for one in seen.renders] == ["r10", "r3000", "r3590", "r7300"]
    assert provider.asked == [0, 1, 2, 3, 4]
    assert seen.complete_since is not None
    assert abs((clock.now() - seen.complete_since).total_seconds() - 3600) < 10


async def test_those_who_look_at_the_same_time_share_a_reading_that_began_after_they_came() -> None:
    provider = LongList(ages=[10, 20], page_size=1)
    async with reading(provider) as renders:
        seen = await asyncio.gather(*(renders.read() for _ in range(50)))
        assert len(provider.asked) <= 2 * len(provider.ages)
        assert {len(one.renders) for one in seen} == {2}
        before = len(provider.asked)
        await renders.read()
        assert len(provider.asked) == before + 2


async def test_a_failure_is_shared_too_and_the_next_look_asks_again() -> None:
    provider = LongList(ages=[10, 20], page_size=1, fails_at={1})
    async with reading(provider) as renders:
        ends = await asyncio.gather(*(renders.read() for _ in range(20)), return_exceptions=True)
        assert all(isinstance(end, Unavailable) for end in ends)
        assert len(provider.asked) <= 4
        provider.fails_at.clear()
        assert len((await renders.read()).renders) == 2


@pytest.mark.usefixtures("short")
async def test_a_long_list_is_read_on_where_it_stopped_and_ever_more_slowly() -> None:
    """It was read anew every 1.5 s, from the first page to the hundredth."""
    provider, hands, waits = LongList(ages=[float(age) for age in range(400, 1400, 100)]), Hands(), []
    async with reading(provider, hands) as renders:
        for _ in range(2):
            with pytest.raises(UnfinishedReading) as unfinished:
                await renders.read()
            waits.append(unfinished.value.retry_after_seconds or 0)
            with pytest.raises(UnfinishedReading):
                await renders.read()
            hands.seconds += waits[-1]
        seen = await renders.read()
    assert waits == [5, 10]
    assert provider.asked == [0, 1, 2, 3, 0, 4, 5, 6, 0, 7, 8, 9]
    assert [one.id for one in seen.renders] == [f"r{age}" for age in range(400, 1400, 100)]


@pytest.mark.usefixtures("short")
async def test_a_long_list_that_was_read_is_only_brought_up_to_date() -> None:
    provider, hands = LongList(ages=[float(age) for age in range(400, 1400, 100)]), Hands()
    async with reading(provider, hands) as renders:
        await read_whole(renders, hands)
        provider.asked.clear()
        provider.ages = [-40.0, -30.0, 250.0, *provider.ages]
        provider.now += timedelta(seconds=60)
        seen = await renders.read()
    assert provider.asked == [0, 1, 2, 3]
    assert {"r-40", "r-30", "r250", "r1300"} <= {one.id for one in seen.renders}


@pytest.mark.usefixtures("short")
async def test_what_was_shown_of_an_input_is_not_lost_where_it_is_removed_later() -> None:
    provider, hands = LongList(ages=[250.0, *map(float, range(400, 900, 100))]), Hands()
    async with reading(provider, hands) as renders:
        await read_whole(renders, hands)
        provider.bare = {250, 400}
        seen = await renders.read()
    assert all(one.input is not None for one in seen.renders)


@pytest.mark.usefixtures("short")
async def test_a_long_list_is_read_anew_after_an_hour_and_where_the_providers_clock_was_set_back() -> None:
    provider, hands = LongList(ages=[float(age) for age in range(400, 1400, 100)]), Hands()
    async with reading(provider, hands) as renders:
        for change in (timedelta(minutes=121), timedelta(minutes=-61)):
            await read_whole(renders, hands)
            provider.now += change
            provider.born = provider.now
            provider.asked.clear()
            await read_whole(renders, hands)
            assert set(provider.asked) == set(range(10))


async def read_whole(renders: RenderList, hands: Hands) -> None:
    while True:
        try:
            await renders.read()
        except UnfinishedReading as unfinished:
            hands.seconds += unfinished.retry_after_seconds or 0
        else:
            return


@pytest.mark.usefixtures("short")
async def test_a_list_that_is_too_long_is_given_up_with_the_reason() -> None:
    provider, hands = LongList(ages=[float(age) for age in range(400, 3000, 50)]), Hands()
    async with reading(provider, hands) as renders:
        with pytest.raises(Refused, match="more than 12 pages: it cannot be read to its end"):
            await read_whole(renders, hands)
        asked = len(provider.asked)
        with pytest.raises(Refused):
            await renders.read()
        assert len(provider.asked) == asked == 12
        hands.seconds += render_list.GIVEN_UP_SECONDS
        with pytest.raises(UnfinishedReading):
            await renders.read()


async def test_what_is_kept_of_a_list_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render_list, "MOST_KEPT_BYTES", 50)
    async with reading(LongList(ages=[float(age) for age in range(400, 3000, 50)])) as renders:
        with pytest.raises(Refused, match="cannot be read to its end"):
            await renders.read()


@pytest.mark.usefixtures("short")
async def test_an_address_in_a_long_list_that_has_expired_makes_it_read_anew() -> None:
    provider, hands = LongList(ages=[float(age) for age in range(400, 1400, 100)], fails_at={4}), Hands()
    async with reading(provider, hands) as renders:
        with pytest.raises(UnfinishedReading):
            await renders.read()
        hands.seconds += 60
        for _ in range(render_list.MOST_FAILURES):
            with pytest.raises(Unavailable, match="500"):
                await renders.read()
        provider.fails_at.clear()
        provider.asked.clear()
        await read_whole(renders, hands)
    assert provider.asked[:4] == [0, 1, 2, 3]


@pytest.mark.usefixtures("short")
async def test_what_is_ours_beyond_doubt_is_found_before_the_list_was_read_to_its_end(
    making: Making, provider: ProviderState
) -> None:
    provider.faults.page_size = 1
    renderer = making(profile=SEEDED)
    created = [await submit(renderer, request(f"token-{number}")) for number in range(10)]
    assert await found(renderer, request("token-9")) == [created[9]]
    with pytest.raises(Unavailable, match="read on"):
        await found(renderer, request("token-0"))


@pytest.mark.parametrize("following", ["https://elsewhere.example/", 5, "/x", "ftp://h/v1/predictions?cursor=x"])
async def test_the_token_follows_the_list_to_no_other_host(making: Making, following: object) -> None:
    page = {"previous": None, "next": following, "results": []}
    async with saying(http(200, page)) as (url, heard):
        with pytest.raises(Unavailable, match="not followed"):
            await found(making(url=url))
    assert len(heard.heads) == 1


@pytest.mark.parametrize("host", ["http://127.0.0.1:1/v1", "https://api.elsewhere.example/v1", "/v1", ""])
async def test_behind_a_gateway_the_list_goes_on_at_our_own_address(making: Making, host: str) -> None:
    """A gateway hands on the provider's address of the next page: every look was unavailable, for ever."""
    first = {"next": f"{host}/predictions?cursor=a%2Bb%3D&limit=5", "results": []}
    async with saying(http(200, first), http(200, {"next": None, "results": []})) as (url, heard):
        assert await found(making(url=url)) == []
    assert heard.heads[1].startswith("GET /v1/predictions?cursor=a%2Bb%3D&limit=5 ")


async def test_a_list_that_goes_round_in_a_circle_is_given_up(making: Making) -> None:
    page = {"next": "https://elsewhere.example/v1/predictions?cursor=same", "results": []}
    async with saying(http(200, page)) as (url, heard):
        with pytest.raises(Unavailable, match="circle"):
            await found(making(url=url))
    assert len(heard.heads) == 2


async def test_a_provider_that_tells_no_time_is_read_to_the_end_of_its_list(making: Making) -> None:
    item = {"id": "r1", "status": "starting", "created_at": "2001-01-01T00:00:00Z", "input": {"image_urls": []}}
    async with saying(http(200, {"next": None, "results": [item]})) as (url, _):
        seen = await making(url=url).find(making(url=url).order_of(request()))
    assert seen.complete_since is None
    assert seen.unclear == ("r1",)


async def test_all_that_was_created_since_a_time_of_ours_can_be_listed(making: Making, provider: ProviderState) -> None:
    provider.faults.page_size = 2
    provider.faults.clock_ahead_seconds = 7200.0
    renderer, began = making(), clock.now()
    created = [await submit(renderer, request(f"token-{number}")) for number in range(5)]
    client = ReplicateClient(Access(token=TOKEN, base_url=f"{provider.base_url}/v1"))
    await client.page(None)
    assert [one.id async for one in client.predictions(since=began - timedelta(seconds=15))] == created[::-1]
    assert [one.id async for one in client.predictions(since=began + timedelta(hours=1))] == []
    await client.close()
