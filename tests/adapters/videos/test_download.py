"""Bringing a finished render: what one attempt makes of every way a file host behaves."""

from __future__ import annotations

import errno
import gzip

import pytest

from adapters.outbound.client import Outbound
from adapters.outbound.limits import RequestLimits
from adapters.videos.download import Download
from domain.errors import NotFound, Refused, Unavailable
from tests.fixtures.http import FileHost, Page

MOST_BYTES = 1_000_000
VIDEO = bytes(range(256)) * 1000


@pytest.fixture
async def host():
    async with FileHost() as server:
        yield server


@pytest.fixture
async def download():
    limits = RequestLimits(connect_seconds=1, read_seconds=0.3, answer_seconds=1)
    async with Outbound(allow_private=True, limits=limits) as outbound:
        yield Download(outbound, most_bytes=MOST_BYTES)


@pytest.fixture
def part(tmp_path):
    return tmp_path / ".1.part"


@pytest.mark.parametrize("page", [Page(body=VIDEO), Page(body=VIDEO, chunked=True), Page(body=VIDEO, etag='"v1"')])
async def test_a_file_is_brought_as_it_is(download, host, part, page):
    host.pages["/v"] = page
    await download(host.url("/v"), part)
    assert part.read_bytes() == VIDEO


async def test_a_redirect_is_followed_to_the_file(download, host, part):
    host.pages["/v"] = Page(status=302, headers={"Location": "/files/v?sig=1"})
    host.pages["/files/v"] = Page(body=VIDEO)
    await download(host.url("/v"), part)
    assert part.read_bytes() == VIDEO


@pytest.mark.parametrize("page", [Page(), Page(chunked=True), Page(etag='"v1"')])
async def test_an_empty_file_is_tried_again(download, host, part, page):
    host.pages["/v"] = [page, Page(body=VIDEO)]
    with pytest.raises(Unavailable, match=r"^Downloaded file is empty"):
        await download(host.url("/v"), part)
    await download(host.url("/v"), part)
    assert part.read_bytes() == VIDEO


@pytest.mark.parametrize("status", [404, 410])
async def test_a_file_that_is_gone_is_never_asked_for_again(download, host, part, status):
    host.pages["/v"] = Page(status=status)
    with pytest.raises(NotFound, match=rf"^Network error: .*/v answered {status}"):
        await download(host.url("/v?sig=SECRET"), part)
    assert not part.exists()


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_a_forbidden_file_is_never_asked_for_again(download, host, part, status):
    host.pages["/v"] = Page(status=status)
    with pytest.raises(Refused, match=r"^Network error: "):
        await download(host.url("/v"), part)


async def test_a_busy_host_says_when_to_come_back(download, host, part):
    host.pages["/v"] = Page(status=429, headers={"Retry-After": "17"})
    with pytest.raises(Unavailable, match=r"^Network error: ") as busy:
        await download(host.url("/v"), part)
    assert busy.value.retry_after_seconds == 17


@pytest.mark.parametrize(
    "page",
    [Page(status=500), Page(silent=True), Page(body=VIDEO, cut_after=70_000), Page(body=VIDEO, stall_after=70_000)],
    ids=["500", "silent", "cut", "stalled"],
)
async def test_a_host_in_trouble_may_be_tried_again(download, host, part, page):
    host.pages["/v"] = page
    with pytest.raises(Unavailable, match=r"^Network error: "):
        await download(host.url("/v"), part)


async def test_a_body_shorter_than_announced_is_not_taken_for_the_file(download, host, part):
    host.pages["/v"] = Page(body=VIDEO, length=len(VIDEO) + 1)
    with pytest.raises(Unavailable, match=r"^Network error: "):
        await download(host.url("/v"), part)


async def test_a_body_longer_than_announced_ends_where_it_was_announced_to(download, host, part):
    host.pages["/v"] = Page(body=VIDEO, length=len(VIDEO) - 1)
    await download(host.url("/v"), part)
    assert part.read_bytes() == VIDEO[:-1]


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_file_above_the_limit_is_refused_and_its_bytes_are_freed(download, host, part, chunked):
    host.pages["/v"] = Page(body=VIDEO, repeat=5, chunked=chunked, etag='"v1"')
    with pytest.raises(Refused, match=r"^Network error: .*larger than REELWRIGHT_DOWNLOAD_MAX_BYTES"):
        await download(host.url("/v"), part)
    assert list(part.parent.iterdir()) == []


async def test_a_compressed_file_is_refused(download, host, part):
    host.pages["/v"] = Page(body=gzip.compress(VIDEO), headers={"Content-Encoding": "gzip"})
    with pytest.raises(Refused, match=r"^Network error: .*Content-Encoding"):
        await download(host.url("/v"), part)


async def test_a_private_address_is_refused_and_the_way_out_is_told(part):
    async with Outbound() as outbound:
        with pytest.raises(
            Refused, match=r"^Network error: 127\.0\.0\.1 is not a public address: set REELWRIGHT_ALLOW"
        ):
            await Download(outbound, most_bytes=MOST_BYTES)("http://127.0.0.1/v", part)


async def test_a_folder_that_is_not_there_is_the_disks_trouble(download, host, tmp_path):
    host.pages["/v"] = Page(body=VIDEO)
    with pytest.raises(Unavailable) as trouble:
        await download(host.url("/v"), tmp_path / "missing" / ".1.part")
    assert isinstance(trouble.value.__cause__, OSError)
    assert trouble.value.__cause__.errno == errno.ENOENT
    assert not str(trouble.value).startswith("Network error")
