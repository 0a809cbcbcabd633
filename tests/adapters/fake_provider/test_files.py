"""Files: what is uploaded can be read, listed, downloaded and deleted."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta

import httpx

from adapters import clock
from tests.adapters.fake_provider.asking import NOT_FOUND, asking

CONTENT = bytes(range(256)) * 3 + b"\r\n--\n"


async def uploaded(http: httpx.AsyncClient, name: str = "boat.png", **form: str) -> dict:
    answer = await http.post("files", files={"content": (name, CONTENT, "image/png")}, data=form)
    assert answer.status_code == 201
    return answer.json()


async def test_an_upload_is_described_with_its_checksums_and_its_end() -> None:
    async with asking() as http:
        file = await uploaded(http, metadata='{"scene": 3}')
        assert (await http.get(f"files/{file['id']}")).json() == file
    assert (file["name"], file["content_type"], file["size"]) == ("boat.png", "image/png", len(CONTENT))
    assert file["checksums"] == {
        "sha256": hashlib.sha256(CONTENT).hexdigest(),
        "md5": hashlib.md5(CONTENT).hexdigest(),
    }
    assert file["etag"] == file["checksums"]["md5"]
    assert file["metadata"] == {"scene": 3}
    assert file["urls"]["get"] == f"{http.base_url}files/{file['id']}"
    lives = datetime.fromisoformat(file["expires_at"]) - datetime.fromisoformat(file["created_at"])
    assert lives == timedelta(hours=24)


async def test_the_form_may_name_a_file_and_its_type() -> None:
    async with asking() as http:
        file = await uploaded(http, "upload", filename="wave.jpg", type="image/jpeg")
    assert (file["name"], file["content_type"]) == ("wave.jpg", "image/jpeg")


async def test_an_upload_that_is_none_is_refused() -> None:
    async with asking() as http:
        nothing = await http.post("files", data={"metadata": "{}"})
        odd = await http.post("files", files={"content": CONTENT}, data={"metadata": "{"})
        wrong = await http.post("files", content=json.dumps({}))
    assert [nothing.status_code, odd.status_code, wrong.status_code] == [422, 422, 422]


async def test_files_are_listed_newest_first_page_by_page() -> None:
    async with asking(page_size=2) as http:
        files = [await uploaded(http, f"{number}.png") for number in range(3)]
        first = (await http.get("files")).json()
        second = (await http.get(first["next"])).json()
        assert (await http.get("files", params={"cursor": "bm93aGVyZQ=="})).status_code == 400
    assert first["results"] + second["results"] == files[::-1]
    assert (first["previous"], second["next"]) == (None, None)


async def test_a_deleted_file_is_gone() -> None:
    async with asking() as http:
        file = await uploaded(http)
        first, second = [await http.delete(f"files/{file['id']}") for _ in range(2)]
        read = await http.get(f"files/{file['id']}")
    assert (first.status_code, first.content) == (204, b"")
    assert [(answer.status_code, answer.json()) for answer in (second, read)] == [(404, NOT_FOUND)] * 2


async def test_a_file_is_downloaded_until_its_address_expires() -> None:
    soon = int((clock.now() + timedelta(minutes=1)).timestamp())
    async with asking() as http:
        path = f"files/{(await uploaded(http))['id']}/download"
        signed = {"owner": "fake", "signature": "any"}
        whole = await http.get(path, params={**signed, "expiry": soon})
        late = await http.get(path, params={**signed, "expiry": soon - 3600})
        unsigned = await http.get(path, params={"expiry": soon})
    assert (whole.content, whole.headers["content-type"]) == (CONTENT, "image/png")
    assert (late.status_code, unsigned.status_code) == (403, 404)
