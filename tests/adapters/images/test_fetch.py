"""Images behind addresses: which are fetched, how often, and what is left when it goes wrong."""

from __future__ import annotations

import asyncio
import resource
from pathlib import Path

import pytest

from adapters.images.store import ImageStore
from adapters.outbound.client import Outbound
from domain.errors import Refused, Unavailable
from domain.images import LARGEST_IMAGE_BYTES
from tests.adapters.images.samples import image_bytes
from tests.fixtures.http import Page

DESCRIPTORS = Path("/proc/self/fd")


def files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_an_image_is_fetched_once_and_then_comes_from_the_cache(images, host, kind):
    host.pages["/1"] = Page(body=image_bytes(kind))
    paths = [await images.fetch(host.url("/1?sig=a")) for _ in range(3)]
    assert {path.read_bytes() for path in paths} == {image_bytes(kind)}
    assert len(host.asked) == 1


async def test_many_who_want_the_same_image_at_once_fetch_it_once(images, host):
    host.pages["/1"] = Page(body=image_bytes())
    paths = await asyncio.gather(*(images.fetch(host.url("/1")) for _ in range(50)))
    assert len(set(paths)) == 1
    assert len(host.asked) == 1


async def test_many_who_want_the_same_broken_image_hear_of_it_from_one_fetch(images, host):
    host.pages["/1"] = Page(status=503)
    outcomes = await asyncio.gather(*(images.fetch(host.url("/1")) for _ in range(50)), return_exceptions=True)
    assert all(isinstance(outcome, Unavailable) for outcome in outcomes)
    assert len(host.asked) == 1


async def test_a_failed_fetch_is_tried_again_by_the_next_who_asks(images, host):
    host.pages["/1"] = [Page(status=503), Page(body=image_bytes())]
    with pytest.raises(Unavailable):
        await images.fetch(host.url("/1"))
    assert (await images.fetch(host.url("/1"))).read_bytes() == image_bytes()


async def test_the_others_go_on_when_the_first_who_asked_is_cancelled(images, host, tmp_path):
    host.pages["/1"] = [Page(body=image_bytes(), stall_after=100), Page(body=image_bytes())]
    first, second = (asyncio.create_task(images.fetch(host.url("/1"))) for _ in range(2))
    await host.until(lambda: len(host.asked) == 1)
    first.cancel()
    assert (await second).read_bytes() == image_bytes()
    assert first.cancelled()
    assert len(files(tmp_path)) == 1


@pytest.mark.parametrize(
    "page",
    [
        Page(body=b"<html>Sign in</html>", headers={"Content-Type": "image/png"}),
        Page(body=image_bytes()[:-900]),
        Page(body=image_bytes("GIF")),
        Page(body=b""),
        Page(status=404),
        Page(body=b"\xff" * 1024, repeat=LARGEST_IMAGE_BYTES // 1024 + 1),
        Page(body=b"\xff" * 1024, repeat=LARGEST_IMAGE_BYTES // 1024 + 1, chunked=True),
        Page(body=image_bytes(), headers={"Content-Encoding": "br"}),
    ],
    ids=["page", "cut", "gif", "empty", "gone", "announced too large", "too large", "encoded"],
)
async def test_what_is_no_image_is_refused_and_leaves_nothing(images, host, tmp_path, page):
    host.pages["/1"] = page
    with pytest.raises(Refused):
        await images.fetch(host.url("/1"))
    assert files(tmp_path) == []


async def test_a_cut_line_may_be_tried_again_and_leaves_nothing(images, host, tmp_path):
    host.pages["/1"] = Page(body=image_bytes(), cut_after=500)
    with pytest.raises(Unavailable):
        await images.fetch(host.url("/1"))
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("file:///etc/passwd", "file: addresses are not read"),
        ("FILE:///etc/passwd", "file: addresses are not read"),
        ("ftp://example.com/1.png", "ftp: addresses are not read"),
        ("javascript:alert(1)", "javascript: addresses are not read"),
        ("local:abc.mp4", "local: addresses are not read"),
        ("C:\\images\\1.png", "a path on a disk"),
        ("c:/images/1.png", "a path on a disk"),
        ("\\\\server\\share\\1.png", "a path on a disk"),
        ("/etc/passwd", "a path on a disk"),
        ("../1.png", "a path on a disk"),
        ("1.png", "a path on a disk"),
        ("/api/images/../../1.png", "a path on a disk"),
        ("", "a path on a disk"),
        ("http:/1.png", "host name"),
    ],
)
async def test_an_address_that_is_not_of_the_web_is_refused_in_clear_words(images, url, says):
    with pytest.raises(Refused, match=says):
        await images.fetch(url)


async def test_an_image_on_a_private_host_is_refused_unless_opened(tmp_path, host):
    async with Outbound() as outbound:
        with pytest.raises(Refused, match="REELWRIGHT_ALLOW_PRIVATE_HOSTS=true"):
            await ImageStore(tmp_path, outbound=outbound).fetch("http://127.0.0.1/1.png")
    assert host.asked == []


async def test_a_folder_that_cannot_be_written_may_be_tried_again(host, tmp_path):
    (tmp_path / "images").write_text("a file is in the way")
    host.pages["/1"] = Page(body=image_bytes())
    async with Outbound(allow_private=True) as outbound:
        blocked = ImageStore(tmp_path / "images", outbound=outbound)
        with pytest.raises(Unavailable):
            await blocked.fetch(host.url("/1"))
        with pytest.raises(Unavailable):
            await blocked.keep(image_bytes())


async def test_a_full_disk_may_be_tried_again_and_leaves_nothing(images, host, tmp_path):
    """The limit of the process on file sizes stands in for the disk."""
    host.pages["/1"] = Page(body=image_bytes())
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, before[1]))
    try:
        for attempt in (images.fetch(host.url("/1")), images.keep(image_bytes())):
            with pytest.raises(Unavailable, match="No space left on the disk"):
                await attempt
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert files(tmp_path) == []
    assert (await images.fetch(host.url("/1"))).read_bytes() == image_bytes()


@pytest.mark.skipif(not DESCRIPTORS.is_dir(), reason="descriptors are counted under /proc")
async def test_a_refused_image_leaves_no_descriptor_open(images, host):
    host.pages["/1"] = Page(body=b"no image")
    before = len(list(DESCRIPTORS.iterdir()))
    for _ in range(20):
        with pytest.raises(Refused):
            await images.fetch(host.url("/1"))
    await host.until(lambda: host.answering == 0)
    assert len(list(DESCRIPTORS.iterdir())) <= before + 8
