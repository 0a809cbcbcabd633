"""Images below a fresh folder, and a file host on this machine to fetch them from."""

from __future__ import annotations

import pytest

from adapters.images.store import ImageStore
from adapters.outbound.client import Outbound
from tests.fixtures.http import FileHost


@pytest.fixture
async def host():
    async with FileHost() as server:
        yield server


@pytest.fixture
async def images(tmp_path):
    async with Outbound(allow_private=True) as outbound:
        yield ImageStore(tmp_path / "images", outbound=outbound)
