"""The end of the log as all streams share it, where readers come and go while it is read."""

from __future__ import annotations

import asyncio

from service.http.live_window import LiveWindow


class SlowStore:
    """The real store, whose pages with events arrive when the test lets them."""

    def __init__(self, store):
        self._store = store
        self.asked = asyncio.Event()
        self.arrives = asyncio.Event()

    async def read(self, *, after, limit):
        page = await self._store.read(after=after, limit=limit)
        if page:
            self.asked.set()
            await self.arrives.wait()
        return page

    async def history(self, job_id, *, upto_version=None):
        return await self._store.history(job_id, upto_version=upto_version)


async def test_a_page_that_was_asked_for_by_readers_who_left_is_not_shown_to_those_who_came(harness):
    store = SlowStore(harness.dependencies.store)
    live_window = LiveWindow(store, harness.dependencies.log_signal)
    running = asyncio.create_task(live_window.run())
    async with asyncio.timeout(10):
        async with live_window.reading():
            await harness.approve("a")
            await store.asked.wait()
        await harness.approve("b")
        async with live_window.reading():
            assert live_window.position == 2
            store.arrives.set()
            await harness.approve("c")
            await live_window.wait(2, 5)
            assert [frame.position for frame in live_window.after(0)] == [3]
            assert live_window.covers(2)
    running.cancel()
    await asyncio.wait({running})


async def test_nobody_reads_the_log_while_nobody_listens(harness):
    store = SlowStore(harness.dependencies.store)
    store.arrives.set()
    live_window = LiveWindow(store, harness.dependencies.log_signal)
    running = asyncio.create_task(live_window.run())
    await harness.approve("a")
    assert not store.asked.is_set()
    async with asyncio.timeout(10), live_window.reading():
        await harness.approve("b")
        await live_window.wait(1, 5)
        assert [frame.job_id for frame in live_window.after(1)] == ["b"]
    running.cancel()
    await asyncio.wait({running})
