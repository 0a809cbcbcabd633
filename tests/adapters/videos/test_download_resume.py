"""A cut download goes on where it stopped, but never glues two files together."""

from __future__ import annotations

import random

import pytest

from adapters.outbound.client import Outbound
from adapters.videos.download import Download
from adapters.videos.resume import note_of
from domain.errors import Refused, Unavailable
from tests.fixtures.http import FileHost, Page

VIDEO = random.Random(1).randbytes(700_000)
OTHER = random.Random(2).randbytes(700_000)
CUT = 300_000


@pytest.fixture
async def host():
    async with FileHost() as server:
        yield server


@pytest.fixture
async def download():
    async with Outbound(allow_private=True) as outbound:
        yield Download(outbound, most_bytes=10_000_000)


@pytest.fixture
def part(tmp_path):
    return tmp_path / ".1.part"


def ranges(host: FileHost) -> list[str | None]:
    return [asked.headers.get("range") for asked in host.asked]


async def cut(download: Download, url: str, part) -> None:
    with pytest.raises(Unavailable, match=r"^Network error: "):
        await download(url, part)


async def test_a_cut_download_goes_on_where_it_stopped(download, host, part):
    host.pages["/v"] = [Page(body=VIDEO, etag='"v1"', cut_after=CUT), Page(body=VIDEO, etag='"v1"')]
    await cut(download, host.url("/v"), part)
    assert part.read_bytes() == VIDEO[:CUT]
    await download(host.url("/v"), part)
    assert part.read_bytes() == VIDEO
    assert ranges(host) == [None, f"bytes={CUT}-"]
    assert host.asked[1].headers["if-range"] == '"v1"'


@pytest.mark.parametrize("chunked", [False, True])
async def test_it_may_be_cut_again_and_again(download, host, part, chunked):
    pieces = [Page(body=VIDEO, etag='"v1"', cut_after=size, chunked=chunked) for size in (1, 65_536, 99_999, 200_001)]
    host.pages["/v"] = [*pieces, Page(body=VIDEO, etag='"v1"', chunked=chunked)]
    for _ in pieces:
        await cut(download, host.url("/v"), part)
    await download(host.url("/v"), part)
    assert part.read_bytes() == VIDEO
    assert ranges(host)[1:] == ["bytes=1-", "bytes=65537-", "bytes=165536-", "bytes=365537-"]


async def test_a_complete_part_is_not_asked_for_again(download, host, part):
    host.pages["/v"] = Page(body=VIDEO, etag='"v1"')
    await download(host.url("/v"), part)
    await download(host.url("/v"), part)
    assert len(host.asked) == 1


async def test_a_complete_part_of_unknown_length_is_confirmed_by_the_server(download, host, part):
    """Without a length only the server can say that nothing is missing: it answers 416 with the size."""
    host.pages["/v"] = Page(body=VIDEO, etag='"v1"', chunked=True)
    await download(host.url("/v"), part)
    await download(host.url("/v"), part)
    assert part.read_bytes() == VIDEO
    assert ranges(host) == [None, f"bytes={len(VIDEO)}-"]


@pytest.mark.parametrize(
    "then",
    [
        Page(body=OTHER, etag='"v2"'),
        Page(body=OTHER),
        Page(body=OTHER, etag='"v1"', ranges=False),
        Page(body=OTHER[:CUT], etag='"v2"'),
    ],
    ids=["another version", "no tag any more", "no ranges", "another version, shorter than the part"],
)
async def test_a_server_with_another_file_is_listened_to_from_the_start(download, host, part, then):
    host.pages["/v"] = [Page(body=VIDEO, etag='"v1"', cut_after=CUT), then]
    await cut(download, host.url("/v"), part)
    await download(host.url("/v"), part)
    assert part.read_bytes() == then.body
    assert len(host.asked) == 2


@pytest.mark.parametrize(
    "content_range",
    [
        "bytes 0-699999/700000",
        f"bytes {CUT - 1}-699999/700000",
        f"bytes {CUT + 1}-699999/700000",
        f"bytes {CUT}-699999/700001",
        f"bytes {CUT}-699998/700000",
        f"bytes {CUT}-700000/700001",
        f"items {CUT}-699999/700000",
        "bytes */700000",
        "nonsense",
        "",
    ],
)
async def test_a_wrong_range_is_thrown_away_and_the_file_begun_anew(download, host, part, content_range):
    whole = Page(body=VIDEO, etag='"v1"')
    lie = Page(body=VIDEO, etag='"v1"', content_range=content_range)
    host.pages["/v"] = [Page(body=VIDEO, etag='"v1"', cut_after=CUT), lie, whole]
    await cut(download, host.url("/v"), part)
    await download(host.url("/v"), part)
    assert part.read_bytes() == VIDEO
    assert ranges(host) == [None, f"bytes={CUT}-", None]


async def test_a_rest_with_another_tag_is_thrown_away(download, host, part):
    """A server that ignores If-Range would glue the end of one file to the beginning of another."""
    lie = Page(status=206, body=OTHER[CUT:], etag='"v2"', headers={"Content-Range": f"bytes {CUT}-699999/700000"})
    host.pages["/v"] = [Page(body=VIDEO, etag='"v1"', cut_after=CUT), lie, Page(body=OTHER, etag='"v2"')]
    await cut(download, host.url("/v"), part)
    await download(host.url("/v"), part)
    assert part.read_bytes() == OTHER


async def test_a_range_that_is_not_satisfiable_begins_anew(download, host, part):
    refusal = Page(status=416, headers={"Content-Range": "bytes */12"})
    host.pages["/v"] = [Page(body=VIDEO, etag='"v1"', cut_after=CUT), refusal, Page(body=VIDEO, etag='"v1"')]
    await cut(download, host.url("/v"), part)
    await download(host.url("/v"), part)
    assert part.read_bytes() == VIDEO


@pytest.mark.parametrize("more", [0, 1], ids=["shorter", "longer"])
async def test_a_rest_of_another_size_than_promised_is_not_taken_for_the_file(download, host, part, more):
    rest = VIDEO[CUT:] + b"x" if more else VIDEO[CUT:-1]
    promise = {"Content-Range": f"bytes {CUT}-699999/700000"}
    lie = Page(status=206, body=rest, etag='"v1"', chunked=True, headers=promise)
    host.pages["/v"] = [Page(body=VIDEO, etag='"v1"', cut_after=CUT), lie, Page(body=VIDEO, etag='"v1"')]
    await cut(download, host.url("/v"), part)
    await cut(download, host.url("/v"), part)
    await download(host.url("/v"), part)
    assert part.read_bytes() == VIDEO


@pytest.mark.parametrize("etag", [None, 'W/"v1"', "v1", '"v\x801"', '"' + "v" * 600 + '"', '""'])
async def test_without_a_strong_tag_it_starts_from_nought(download, host, part, etag):
    host.pages["/v"] = [Page(body=VIDEO, etag=etag, cut_after=CUT), Page(body=VIDEO, etag=etag)]
    await cut(download, host.url("/v"), part)
    await download(host.url("/v"), part)
    assert part.read_bytes() == VIDEO
    assert ranges(host) == [None, None]


async def test_a_tag_that_went_away_is_forgotten(download, host, part):
    """Bytes that came without a tag must not be taken for those of the tag seen before."""
    untagged = Page(body=OTHER, cut_after=CUT)
    host.pages["/v"] = [Page(body=VIDEO, etag='"v1"', cut_after=CUT), untagged, Page(body=VIDEO, etag='"v1"')]
    await cut(download, host.url("/v"), part)
    await cut(download, host.url("/v"), part)
    await download(host.url("/v"), part)
    assert part.read_bytes() == VIDEO
    assert ranges(host) == [None, f"bytes={CUT}-", None]


async def test_the_limit_counts_what_was_there_before_the_cut(host, part):
    pages = [Page(body=VIDEO, etag='"v1"', chunked=True, cut_after=CUT), Page(body=VIDEO, etag='"v1"', chunked=True)]
    host.pages["/v"] = pages
    async with Outbound(allow_private=True) as outbound:
        download = Download(outbound, most_bytes=len(VIDEO) - 1)
        await cut(download, host.url("/v"), part)
        with pytest.raises(Refused, match="REELWRIGHT_DOWNLOAD_MAX_BYTES"):
            await download(host.url("/v"), part)


async def test_the_part_of_another_address_is_not_gone_on_with(download, host, part):
    """Two addresses may well carry the same tag: it is unique for one of them only."""
    host.pages["/v"] = Page(body=VIDEO, etag='"1"', cut_after=CUT)
    host.pages["/w"] = Page(body=OTHER, etag='"1"')
    await cut(download, host.url("/v"), part)
    await download(host.url("/w"), part)
    assert part.read_bytes() == OTHER
    assert ranges(host) == [None, None]


@pytest.mark.parametrize("note", [b"", b"{", b"[]", b"\xff", b'"v1"', b'{"etag": 1}', b"[" * 100_000])
async def test_a_damaged_note_is_not_believed(download, host, part, note):
    part.write_bytes(OTHER[:CUT])
    note_of(part).write_bytes(note)
    host.pages["/v"] = Page(body=VIDEO, etag='"v1"')
    await download(host.url("/v"), part)
    assert part.read_bytes() == VIDEO


async def test_a_part_without_a_note_and_a_note_without_a_part_begin_anew(download, host, part):
    host.pages["/v"] = Page(body=VIDEO, etag='"v1"')
    part.write_bytes(OTHER)
    await download(host.url("/v"), part)
    part.unlink()
    await download(host.url("/v"), part)
    assert part.read_bytes() == VIDEO
    assert ranges(host) == [None, None]
