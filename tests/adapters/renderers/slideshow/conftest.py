"""A folder of images and a renderer that reads them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.renderers.slideshow.renderer import SlideshowRenderer
from tests.adapters.renderers.slideshow.studio import LocalImages


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    return folder


@pytest.fixture
def staging(tmp_path: Path) -> Path:
    return tmp_path / "staging"


@pytest.fixture
async def renderer(images: Path, staging: Path) -> AsyncIterator[SlideshowRenderer]:
    renderer = SlideshowRenderer(LocalImages(images, away=frozenset({"away.jpg"})), staging)
    yield renderer
    await renderer.close()
