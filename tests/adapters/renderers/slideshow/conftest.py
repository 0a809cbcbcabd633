"""A folder of pictures and a renderer that reads them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.renderers.slideshow import SlideshowRenderer
from tests.adapters.renderers.slideshow.studio import LocalImages


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    return folder


@pytest.fixture
def staging(tmp_path: Path) -> Path:
    return tmp_path / "staging"


@pytest.fixture
async def renderer(pictures: Path, staging: Path) -> AsyncIterator[SlideshowRenderer]:
    renderer = SlideshowRenderer(LocalImages(pictures, away=frozenset({"away.jpg"})), staging)
    yield renderer
    await renderer.close()
