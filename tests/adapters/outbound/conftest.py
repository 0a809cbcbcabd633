"""A misbehaving file host on this machine, for every test here."""

from __future__ import annotations

import pytest

from tests.fixtures.http import FileHost


@pytest.fixture
async def host():
    async with FileHost() as server:
        yield server
