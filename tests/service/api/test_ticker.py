"""The end of the log as all streams share it, where readers come and go while it is read."""

from __future__ import annotations

import asyncio

from service.api.ticker import Ticker


class SlowStore:
    """The real store, whose pages arrive when the test lets them."""

    def __init__(self, store):
        self._store = store
        self.asked = asyncio.Event()
        self.arrives = asyncio.Event()

    async def read(self, *, after, limit):
        page = await self._store.read(after=after, limit=limit)
        self.asked.set()
        await self.arrives.wait()
        return page

    async def history(self, job_id, *, upto_version=None):
        return await self._store.history(job_id, upto_version=upto_version)


async def test_a_page_that_was_asked_for_by_readers_who_left_is_not_shown_to_those_who_came(house):
    store = SlowStore(house.parts.store)
    ticker = Ticker(store, house.parts.news)
    running = asyncio.create_task(ticker.run())
    async with asyncio.timeout(10):
        async with ticker.reading():
            await house.approve("a")
            await store.asked.wait()
        await house.approve("b")
        async with ticker.reading():
            assert ticker.position == 2
            store.arrives.set()
            await house.approve("c")
            await ticker.wait(2, 5)
            assert [frame.position for frame in ticker.after(0)] == [3]
            assert ticker.covers(2)
    running.cancel()
    await asyncio.wait({running})


async def test_nobody_reads_the_log_while_nobody_listens(house):
    store = SlowStore(house.parts.store)
    store.arrives.set()
    ticker = Ticker(store, house.parts.news)
    running = asyncio.create_task(ticker.run())
    await house.approve("a")
    assert not store.asked.is_set()
    async with asyncio.timeout(10), ticker.reading():
        await house.approve("b")
        await ticker.wait(1, 5)
        assert [frame.job_id for frame in ticker.after(1)] == ["b"]
    running.cancel()
    await asyncio.wait({running})
