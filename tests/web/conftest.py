"""One browser for all tests of the page, a window of its own for each, and the interface behind it."""

from __future__ import annotations

import socket

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.service.http.harness import open_harness
from tests.system.holding import Hold
from tests.system.running import Service
from tests.web.browsing import launched
from tests.web.browsing import window as open_window

expect.set_options(timeout=30_000)  # as long as every other wait for the page


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser():
    async with launched() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def window(browser):
    """Return a window whose pages stayed with this service and within their policy, as is checked in the end."""
    async with open_window(browser) as watched:
        yield watched
        watched.check()


@pytest_asyncio.fixture(loop_scope="session")
async def plain_window(browser):
    """Return a window in which no script runs."""
    async with open_window(browser, scripts=False) as watched:
        yield watched
        watched.check()


@pytest_asyncio.fixture(loop_scope="session")
async def harness(tmp_path):
    async with open_harness(tmp_path) as opened:
        yield opened


@pytest.fixture
def free_port() -> int:
    """Return a port for a service that is to come back under the same address."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def hold(tmp_path):
    """Hold the films of `service` in the middle, so that they are watched on a fast machine too."""
    return Hold(tmp_path / "hold")


@pytest.fixture
def service(tmp_path, free_port, hold):
    """Return a whole service, a process of its own, not started yet."""
    made = Service(tmp_path / "DATA", REELWRIGHT_HTTP_PORT=str(free_port), **hold.settings)
    yield made
    made.kill()
