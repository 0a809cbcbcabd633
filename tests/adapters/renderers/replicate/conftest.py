"""A hostile provider for each test, and renderers that speak to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.fake_provider.faults import Faults
from adapters.fake_provider.server import serving
from adapters.fake_provider.state import State, new_state
from tests.adapters.renderers.replicate.driving import TOKEN, Making


@pytest.fixture
def provider() -> State:
    return new_state(Faults(starting_seconds=0.0, render_seconds=0.0), token=TOKEN)


@pytest.fixture
async def making(provider: State, tmp_path: Path) -> AsyncIterator[Making]:
    async with serving(provider) as url:
        make = Making(url=url, folder=tmp_path)
        yield make
        for renderer in make.opened:
            await renderer.close()
