"""Images that were uploaded: kept under their hash, given back, never half there."""

from __future__ import annotations

import hashlib

import pytest

from domain.errors import NotFound, Refused
from domain.images import LARGEST_IMAGE_BYTES
from tests.adapters.images.samples import image_bytes


async def test_an_uploaded_image_is_kept_under_its_hash(images, tmp_path):
    data = image_bytes()
    sha256 = await images.keep(data)
    assert sha256 == hashlib.sha256(data).hexdigest()
    assert images.stored(sha256) == tmp_path / "images" / sha256
    assert (await images.fetch(f"/api/images/{sha256}")).read_bytes() == data


async def test_the_same_image_again_changes_nothing(images):
    sha256 = await images.keep(image_bytes())
    before = images.stored(sha256).stat().st_ino
    assert await images.keep(image_bytes()) == sha256
    assert images.stored(sha256).stat().st_ino == before


@pytest.mark.parametrize(
    "data", [b"", b"<html>", image_bytes("GIF"), image_bytes()[:-500], b"x" * (LARGEST_IMAGE_BYTES + 1)]
)
async def test_what_is_no_image_is_refused_and_leaves_nothing(images, tmp_path, data):
    with pytest.raises(Refused):
        await images.keep(data)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    "name", ["", ".", "..", "fetched", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 65, "0" * 64 + "\n", "0" * 64]
)
async def test_a_name_that_was_not_given_out_has_no_image(images, name):
    await images.keep(image_bytes())
    assert images.stored(name) is None
    with pytest.raises(Refused):
        await images.fetch(f"/api/images/{name}")


async def test_an_image_that_was_never_uploaded_is_not_found(images):
    with pytest.raises(NotFound):
        await images.fetch(f"/api/images/{'0' * 64}")
