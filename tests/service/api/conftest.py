"""One interface for each test, without a token; those that want one open their own."""

from __future__ import annotations

import pytest

from tests.service.api.house import open_house


@pytest.fixture
async def house(tmp_path):
    async with open_house(tmp_path) as opened:
        yield opened
