"""The video store: how a file gets to its place, and what never gets there."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import pytest
from PIL import Image

from adapters.videos.files import VideoFiles
from adapters.videos.origin import write_origin
from domain.errors import Fenced, NotFound, Refused, Unavailable
from tests.adapters.videos.samples import make_video
from tests.adapters.videos.small_disk import mounted


class CopyingDownload:
    """Stands for the network: copies a file, and remembers what it was asked for."""

    def __init__(self, source: Path) -> None:
        self.source = source
        self.asked: list[tuple[str, str]] = []

    async def __call__(self, url: str, part: Path) -> None:
        self.asked.append((url, part.name))
        shutil.copyfile(self.source, part)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    (tmp_path / "staging").mkdir()
    return make_video(tmp_path / "staging" / "token-1.mp4")


@pytest.fixture
def download(video: Path) -> CopyingDownload:
    return CopyingDownload(video)


URL = "local:token-1.mp4"


@pytest.fixture
def store(tmp_path: Path, download: CopyingDownload) -> VideoFiles:
    return VideoFiles(tmp_path / "data", tmp_path / "staging", download)


def names(store: VideoFiles) -> list[str]:
    return sorted(path.name for path in store.path("7").parent.iterdir())


async def test_a_local_render_becomes_the_video_of_its_job(store, video, tmp_path):
    part = await store.fetch("7", "local:token-1.mp4", epoch=3)
    assert part == tmp_path / "data" / "videos" / "7" / ".3.part"
    stored = await store.keep("7", part, url=URL)
    data = store.path("7").read_bytes()
    assert store.path("7") == tmp_path / "data" / "videos" / "7" / "final.mp4"
    assert stored.sha256 == hashlib.sha256(data).hexdigest()
    assert stored.size_bytes == len(data) == video.stat().st_size
    assert (stored.duration_seconds, stored.width, stored.height, stored.codec) == (2.0, 160, 90, "h264")
    assert names(store) == [".origin", "final.mp4", "thumbnail.jpg"]


async def test_the_next_worker_finds_the_staged_file_after_a_crash(store):
    """The first worker fetched it and died before it was in its place."""
    await store.fetch("7", "local:token-1.mp4", epoch=1)
    await store.keep("7", await store.fetch("7", "local:token-1.mp4", epoch=2), url=URL)
    await store.sweep("7")
    assert names(store) == [".origin", "final.mp4", "thumbnail.jpg"]


async def test_an_output_elsewhere_is_downloaded_to_the_part_of_this_epoch(store, download):
    part = await store.fetch("7", "https://example.org/out.mp4", epoch=5)
    assert download.asked == [("https://example.org/out.mp4", ".5.part")]
    await store.keep("7", part, url=URL)
    assert store.path("7").is_file()


@pytest.mark.parametrize(
    "url",
    [
        "local:../token-1.mp4", "local:/etc/passwd", "local:staging/token-1.mp4", "local:.mp4", "local:token-1",
        "local:token-1.mp4\n", "local:..%2ftoken-1.mp4", "file:///etc/passwd", "/etc/passwd", "ftp://a.org/a.mp4", "",
    ],
)  # fmt: skip
async def test_a_url_is_never_a_path(store, url):
    with pytest.raises(Refused):
        await store.fetch("7", url, epoch=1)


@pytest.mark.parametrize("job_id", ["..", "../7", "a/b", "", "-a", ".7", "7\n", "x" * 65, "a\0b"])
async def test_a_job_id_is_never_a_path(store, job_id):
    with pytest.raises(Refused):
        store.path(job_id)
    with pytest.raises(Refused):
        await store.fetch(job_id, "local:token-1.mp4", epoch=1)


async def test_a_staged_file_that_is_gone_is_not_found(store):
    with pytest.raises(NotFound, match="no longer in the staging folder"):
        await store.fetch("7", "local:token-2.mp4", epoch=1)


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "^Downloaded file is empty$"), (b"x" * 1023, "^Not a valid video: "), (b"x" * 5000, "^Not a valid video: ")],
)
async def test_a_bad_part_is_refused_and_removed(store, content, words):
    part = await store.fetch("7", "local:token-1.mp4", epoch=1)
    part.unlink()
    part.write_bytes(content)
    with pytest.raises(Refused, match=words):
        await store.keep("7", part, url=URL)
    assert names(store) == []


async def test_a_video_without_an_image_that_can_be_decoded_is_refused(store):
    """All packets are there, and all of them are zeros."""
    part = await store.fetch("7", "local:token-1.mp4", epoch=1)
    data = bytearray(part.read_bytes())
    start = data.index(b"mdat") + 4
    part.unlink()
    part.write_bytes(bytes(data[:start]) + bytes(len(data) - start))
    with pytest.raises(Refused, match=r"^Not a valid video: "):
        await store.keep("7", part, url=URL)
    assert names(store) == []


async def test_a_refused_part_leaves_the_video_that_is_there(store):
    await store.keep("7", await store.fetch("7", "local:token-1.mp4", epoch=1), url=URL)
    before = await store.inspect("7")
    part = await store.fetch("7", "local:token-1.mp4", epoch=2)
    part.unlink()
    part.write_bytes(b"<html>" * 500)
    with pytest.raises(Refused):
        await store.keep("7", part, url=URL)
    assert await store.inspect("7") == before


async def test_a_worker_that_lost_its_lease_puts_nothing_in_place(store):
    async def lost() -> None:
        raise Fenced("another worker has it")

    part = await store.fetch("7", "local:token-1.mp4", epoch=1)
    with pytest.raises(Fenced):
        await store.keep("7", part, url=URL, confirm=lost)
    assert not store.path("7").exists()
    await store.sweep("7")
    assert names(store) == []


async def test_the_thumbnail_is_a_small_jpeg_from_within_the_video(store, video, tmp_path):
    make_video(video, size=(1280, 720), seconds=0.6)
    await store.keep("7", await store.fetch("7", "local:token-1.mp4", epoch=1), url=URL)
    with Image.open(store.thumbnail("7")) as image:
        image.load()
        assert (image.format, image.size) == ("JPEG", (640, 360))


async def test_inspect_says_what_keep_said(store):
    stored = await store.keep("7", await store.fetch("7", "local:token-1.mp4", epoch=1), url=URL)
    assert await store.inspect("7") == stored


async def test_inspect_of_no_file_or_a_damaged_one_is_none(store):
    assert await store.inspect("7") is None
    await store.keep("7", await store.fetch("7", "local:token-1.mp4", epoch=1), url=URL)
    os.truncate(store.path("7"), store.path("7").stat().st_size - 1)
    assert await store.inspect("7") is None


async def test_a_part_that_vanished_may_be_fetched_again(store):
    part = await store.fetch("7", "local:token-1.mp4", epoch=1)
    part.unlink()
    with pytest.raises(Unavailable):
        await store.keep("7", part, url=URL)


async def test_sweeping_a_job_without_files_is_nothing(store):
    await store.sweep("7")


async def test_a_full_disk_is_waited_for(video, tmp_path):
    """The staging folder lies on another disk, so the file has to be copied, and there is no room for it."""
    with mounted(tmp_path / "disk") as disk:
        store = VideoFiles(disk, video.parent, CopyingDownload(video))
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(1020 * 1024))
        with pytest.raises(Unavailable, match="No space left on the disk"):
            await store.fetch("7", "local:token-1.mp4", epoch=1)
        ballast.unlink()
        await store.keep("7", await store.fetch("7", "local:token-1.mp4", epoch=1), url=URL)
        assert names(store) == [".origin", "final.mp4", "thumbnail.jpg"]


async def test_a_file_counts_as_found_only_for_the_output_it_came_from(store):
    """After a new render the old video may still be in the place: it was taken for the new one, which was paid for."""
    stored = await store.keep("7", await store.fetch("7", "local:token-1.mp4", epoch=1), url=URL)
    assert await store.inspect("7", url=URL) == stored
    assert await store.inspect("7", url="https://example.com/the-next-render.mp4") is None


async def test_a_note_of_an_output_whose_file_never_came_makes_no_older_file_true(store):
    """A worker that dies between the note and the rename leaves the note beside the older video."""
    await store.keep("7", await store.fetch("7", "local:token-1.mp4", epoch=1), url="https://example.com/old.mp4")
    write_origin(store.path("7"), URL, sha256="0" * 64)
    assert await store.inspect("7", url=URL) is None
