"""A large download needs little memory, and a full disk pauses it."""

from __future__ import annotations

import os
import resource
import subprocess
import tracemalloc
from contextlib import contextmanager
from pathlib import Path

import pytest

from adapters.outbound.client import Outbound
from adapters.videos.download import Download
from domain.errors import Unavailable
from tests.fixtures.http import FileHost, Page

MIB = 1024 * 1024


@contextmanager
def small_disk(place: Path, size_mib: int):
    """A file system of its own, so that it is really full. Skips where nothing may be mounted."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size_mib}m", "tmpfs", str(place)]
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("no small disk can be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


@pytest.fixture
async def host():
    async with FileHost() as server:
        yield server


@pytest.fixture
async def download():
    async with Outbound(allow_private=True) as outbound:
        yield Download(outbound, most_bytes=1024 * MIB)


async def test_a_download_of_200_mib_needs_about_one_mib_of_memory(download, host, tmp_path):
    """Counts what client and server together allocate at most; the server sends one slice of 64 KiB again and again."""
    host.pages["/warm"] = Page(body=b"x" * MIB)
    await download(host.url("/warm"), tmp_path / "warm")
    host.pages["/v"] = Page(body=b"x" * 65_536, repeat=3200)
    tracemalloc.start()
    try:
        await download(host.url("/v"), tmp_path / "part")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (tmp_path / "part").stat().st_size == 200 * MIB
    assert most < 1.25 * MIB


async def test_a_file_that_does_not_fit_is_not_begun(download, host, tmp_path):
    with small_disk(tmp_path / "disk", 20) as disk:
        host.pages["/v"] = Page(body=b"x" * MIB, repeat=30, etag='"v1"')
        with pytest.raises(Unavailable, match=rf"^No space left on the disk: {30 * MIB} bytes are to come"):
            await download(host.url("/v"), disk / "part")
        assert (disk / "part").stat().st_size == 0


async def test_a_disk_that_fills_up_pauses_the_download_which_goes_on_when_there_is_room(download, host, tmp_path):
    with small_disk(tmp_path / "disk", 60) as disk:
        (disk / "else").write_bytes(b"x" * 40 * MIB)
        body = os.urandom(MIB) * 30
        host.pages["/v"] = Page(body=body, chunked=True, etag='"v1"')
        with pytest.raises(Unavailable, match=r"^No space left on the disk"):
            await download(host.url("/v"), disk / "part")
        got = (disk / "part").stat().st_size
        assert 15 * MIB < got < 21 * MIB
        (disk / "else").unlink()
        await download(host.url("/v"), disk / "part")
        assert host.asked[-1].headers["range"] == f"bytes={got}-"
        assert (disk / "part").read_bytes() == body


async def test_a_file_size_limit_counts_as_a_full_disk(download, host, tmp_path):
    """Needs no root: the limit of the process stands in for the disk."""
    host.pages["/v"] = Page(body=b"x" * MIB, repeat=4)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * MIB, before[1]))
    try:
        with pytest.raises(Unavailable, match=r"^No space left on the disk"):
            await download(host.url("/v"), tmp_path / "part")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (tmp_path / "part").stat().st_size == 2 * MIB
