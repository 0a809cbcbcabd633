"""Images inside their own address."""

from __future__ import annotations

import base64
from urllib.parse import quote_from_bytes

import pytest

from adapters.images.data_url import read_data_url
from domain.errors import Refused
from tests.adapters.images.samples import image_bytes

PNG = image_bytes("PNG", size=(8, 8))
BASE64 = base64.b64encode(PNG).decode()


@pytest.mark.parametrize(
    "url",
    [
        f"data:image/png;base64,{BASE64}",
        f"DATA:IMAGE/PNG;BASE64,{BASE64}",
        f"data:image/jpeg;base64,{BASE64}",
        f"data:image/png;name=panel-1.png;base64,{BASE64}",
        f"data:image/png;base64,{BASE64.replace('+', '%2B').replace('/', '%2f').replace('=', '%3D')}",
        f"data:image/png,{quote_from_bytes(PNG)}",
        "data:image/png," + "".join(f"%{byte:02x}" for byte in PNG),
    ],
)
async def test_an_image_in_a_data_url_is_read(images, url):
    assert (await images.fetch(url)).read_bytes() == PNG


@pytest.mark.parametrize(
    "url",
    [
        "data:",
        "data:,",
        "data:image/png",
        "data:image/png;base64",
        "data:image/png;base64,",
        f"data:image/png;base64,{BASE64[: len(BASE64) // 8 * 4]}",
        f"data:image/png;base64,{BASE64[:-1]}",
        f"data:image/png;base64,{BASE64[:8]} {BASE64[8:]}",
        f"data:image/png;base64,{BASE64[:8]}\n{BASE64[8:]}",
        f"data:image/png;base64,{BASE64}é",
        f"data:image/png;base64,{BASE64[:-4]}%2",
        f"data:image/png,{quote_from_bytes(PNG)}%zz",
        f"data:image/svg+xml;base64,{BASE64}",
        f"data:text/html;base64,{BASE64}",
        f"data:;base64,{BASE64}",
    ],
    ids=lambda url: url[:40],
)
async def test_a_malformed_data_url_is_refused(images, url):
    with pytest.raises(Refused):
        await images.fetch(url)


@pytest.mark.parametrize(
    "body", ["base64," + "A" * 140, "base64," + "A" * 1000, "x=y," + "a" * 101, "x=y," + "%41" * 101]
)
def test_a_data_url_that_holds_too_much_is_refused(body):
    with pytest.raises(Refused, match="more than 100 bytes"):
        read_data_url(f"data:image/png;{body}", most_bytes=100)
