"""One hostile provider, with new books for each test, and renderers that speak to it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from adapters.fake_provider.books import Books
from adapters.fake_provider.faults import FaultChooser, Faults
from adapters.fake_provider.server import serving
from adapters.fake_provider.state import ProviderState, new_state
from tests.adapters.renderers.replicate.driving import TOKEN, Making

START_SECONDS = 10


@pytest.fixture(scope="package")
def served() -> Iterator[ProviderState]:
    """A provider in a thread of its own: starting one for each test would cost more than the tests."""
    state, ready, stop = new_state(token=TOKEN), threading.Event(), asyncio.Event()

    async def serve() -> None:
        async with serving(state):
            ready.set()
            await stop.wait()

    with asyncio.Runner() as runner:
        thread = threading.Thread(target=runner.run, args=(serve(),))
        thread.start()
        assert ready.wait(START_SECONDS)
        yield state
        runner.get_loop().call_soon_threadsafe(stop.set)
        thread.join()


@pytest.fixture
def provider(served: ProviderState) -> ProviderState:
    served.chooser = FaultChooser(Faults(starting_seconds=0.0, render_seconds=0.0))
    served.books = Books()
    served.files.clear()
    served.schemas.clear()
    served.seen_models.clear()
    served.tokens_at_delivery = 0
    return served


@pytest.fixture
async def making(provider: ProviderState, tmp_path: Path) -> AsyncIterator[Making]:
    make = Making(url=f"{provider.base_url}/v1", folder=tmp_path)
    yield make
    for renderer in make.opened:
        await renderer.close()
