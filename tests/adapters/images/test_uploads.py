"""Pictures that were uploaded: kept under their hash, given back, never half there."""

from __future__ import annotations

import hashlib

import pytest

from adapters.images.check import LARGEST_PICTURE_BYTES
from domain.errors import NotFound, Refused
from tests.adapters.images.samples import picture


async def test_an_uploaded_picture_is_kept_under_its_hash(pictures, tmp_path):
    data = picture()
    sha256 = await pictures.keep(data)
    assert sha256 == hashlib.sha256(data).hexdigest()
    assert pictures.stored(sha256) == tmp_path / "images" / sha256
    assert (await pictures.fetch(f"/api/images/{sha256}")).read_bytes() == data


async def test_the_same_picture_again_changes_nothing(pictures):
    sha256 = await pictures.keep(picture())
    before = pictures.stored(sha256).stat().st_ino
    assert await pictures.keep(picture()) == sha256
    assert pictures.stored(sha256).stat().st_ino == before


@pytest.mark.parametrize("data", [b"", b"<html>", picture("GIF"), picture()[:-500], b"x" * (LARGEST_PICTURE_BYTES + 1)])
async def test_what_is_no_picture_is_refused_and_leaves_nothing(pictures, tmp_path, data):
    with pytest.raises(Refused):
        await pictures.keep(data)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    "name", ["", ".", "..", "fetched", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 65, "0" * 64 + "\n", "0" * 64]
)
async def test_a_name_that_was_not_given_out_has_no_picture(pictures, name):
    await pictures.keep(picture())
    assert pictures.stored(name) is None
    with pytest.raises(Refused):
        await pictures.fetch(f"/api/images/{name}")


async def test_a_picture_that_was_never_uploaded_is_not_found(pictures):
    with pytest.raises(NotFound):
        await pictures.fetch(f"/api/images/{'0' * 64}")
