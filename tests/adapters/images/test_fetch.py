"""Pictures behind addresses: which are fetched, how often, and what is left when it goes wrong."""

from __future__ import annotations

import asyncio
import resource
from pathlib import Path

import pytest

from adapters.images.check import LARGEST_PICTURE_BYTES
from adapters.images.pictures import Pictures
from adapters.outbound.client import Outbound
from domain.errors import Refused, Unavailable
from tests.adapters.images.samples import picture
from tests.fixtures.http import Page

DESCRIPTORS = Path("/proc/self/fd")


def files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_a_picture_is_fetched_once_and_then_comes_from_the_cache(pictures, host, kind):
    host.pages["/1"] = Page(body=picture(kind))
    paths = [await pictures.fetch(host.url("/1?sig=a")) for _ in range(3)]
    assert {path.read_bytes() for path in paths} == {picture(kind)}
    assert len(host.asked) == 1


async def test_many_who_want_the_same_picture_at_once_fetch_it_once(pictures, host):
    host.pages["/1"] = Page(body=picture())
    paths = await asyncio.gather(*(pictures.fetch(host.url("/1")) for _ in range(50)))
    assert len(set(paths)) == 1
    assert len(host.asked) == 1


async def test_many_who_want_the_same_broken_picture_hear_of_it_from_one_fetch(pictures, host):
    host.pages["/1"] = Page(status=503)
    outcomes = await asyncio.gather(*(pictures.fetch(host.url("/1")) for _ in range(50)), return_exceptions=True)
    assert all(isinstance(outcome, Unavailable) for outcome in outcomes)
    assert len(host.asked) == 1


async def test_a_failed_fetch_is_tried_again_by_the_next_who_asks(pictures, host):
    host.pages["/1"] = [Page(status=503), Page(body=picture())]
    with pytest.raises(Unavailable):
        await pictures.fetch(host.url("/1"))
    assert (await pictures.fetch(host.url("/1"))).read_bytes() == picture()


async def test_the_others_go_on_when_the_first_who_asked_is_cancelled(pictures, host, tmp_path):
    host.pages["/1"] = [Page(body=picture(), stall_after=100), Page(body=picture())]
    first, second = (asyncio.create_task(pictures.fetch(host.url("/1"))) for _ in range(2))
    await host.until(lambda: len(host.asked) == 1)
    first.cancel()
    assert (await second).read_bytes() == picture()
    assert first.cancelled()
    assert len(files(tmp_path)) == 1


@pytest.mark.parametrize(
    "page",
    [
        Page(body=b"<html>Sign in</html>", headers={"Content-Type": "image/png"}),
        Page(body=picture()[:-900]),
        Page(body=picture("GIF")),
        Page(body=b""),
        Page(status=404),
        Page(body=b"\xff" * 1024, repeat=LARGEST_PICTURE_BYTES // 1024 + 1),
        Page(body=b"\xff" * 1024, repeat=LARGEST_PICTURE_BYTES // 1024 + 1, chunked=True),
        Page(body=picture(), headers={"Content-Encoding": "br"}),
    ],
    ids=["page", "cut", "gif", "empty", "gone", "announced too large", "too large", "encoded"],
)
async def test_what_is_no_picture_is_refused_and_leaves_nothing(pictures, host, tmp_path, page):
    host.pages["/1"] = page
    with pytest.raises(Refused):
        await pictures.fetch(host.url("/1"))
    assert files(tmp_path) == []


async def test_a_cut_line_may_be_tried_again_and_leaves_nothing(pictures, host, tmp_path):
    host.pages["/1"] = Page(body=picture(), cut_after=500)
    with pytest.raises(Unavailable):
        await pictures.fetch(host.url("/1"))
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("file:///etc/passwd", "file: addresses are not read"),
        ("FILE:///etc/passwd", "file: addresses are not read"),
        ("ftp://example.com/1.png", "ftp: addresses are not read"),
        ("javascript:alert(1)", "javascript: addresses are not read"),
        ("local:abc.mp4", "local: addresses are not read"),
        ("C:\\pictures\\1.png", "a path on a disk"),
        ("c:/pictures/1.png", "a path on a disk"),
        ("\\\\server\\share\\1.png", "a path on a disk"),
        ("/etc/passwd", "a path on a disk"),
        ("../1.png", "a path on a disk"),
        ("1.png", "a path on a disk"),
        ("/api/images/../../1.png", "a path on a disk"),
        ("", "a path on a disk"),
        ("http:/1.png", "host name"),
    ],
)
async def test_an_address_that_is_not_of_the_web_is_refused_in_clear_words(pictures, url, says):
    with pytest.raises(Refused, match=says):
        await pictures.fetch(url)


async def test_a_picture_on_a_private_host_is_refused_unless_opened(tmp_path, host):
    async with Outbound() as outbound:
        with pytest.raises(Refused, match="REELWRIGHT_ALLOW_PRIVATE_HOSTS=true"):
            await Pictures(tmp_path, outbound=outbound).fetch("http://127.0.0.1/1.png")
    assert host.asked == []


async def test_a_folder_that_cannot_be_written_may_be_tried_again(host, tmp_path):
    (tmp_path / "images").write_text("a file is in the way")
    host.pages["/1"] = Page(body=picture())
    async with Outbound(allow_private=True) as outbound:
        blocked = Pictures(tmp_path / "images", outbound=outbound)
        with pytest.raises(Unavailable):
            await blocked.fetch(host.url("/1"))
        with pytest.raises(Unavailable):
            await blocked.keep(picture())


async def test_a_full_disk_may_be_tried_again_and_leaves_nothing(pictures, host, tmp_path):
    """The limit of the process on file sizes stands in for the disk."""
    host.pages["/1"] = Page(body=picture())
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, before[1]))
    try:
        for attempt in (pictures.fetch(host.url("/1")), pictures.keep(picture())):
            with pytest.raises(Unavailable, match="No space left on the disk"):
                await attempt
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert files(tmp_path) == []
    assert (await pictures.fetch(host.url("/1"))).read_bytes() == picture()


@pytest.mark.skipif(not DESCRIPTORS.is_dir(), reason="descriptors are counted under /proc")
async def test_a_refused_picture_leaves_no_descriptor_open(pictures, host):
    host.pages["/1"] = Page(body=b"no picture")
    before = len(list(DESCRIPTORS.iterdir()))
    for _ in range(20):
        with pytest.raises(Refused):
            await pictures.fetch(host.url("/1"))
    await host.until(lambda: host.answering == 0)
    assert len(list(DESCRIPTORS.iterdir())) <= before + 8
