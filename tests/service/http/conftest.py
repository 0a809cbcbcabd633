"""One interface for each test, without a token; those that want one open their own."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from tests.service.http.harness import open_harness


@pytest.fixture(autouse=True)
def logged():
    """Keep what is logged: tracebacks with all their variables take seconds to print."""
    with capture_logs() as entries:
        yield entries


@pytest.fixture
async def harness(tmp_path):
    async with open_harness(tmp_path) as opened:
        yield opened
