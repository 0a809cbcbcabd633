"""What is taken for a video, and what is not."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import av
import pytest

from adapters.videos.boxes import Malformed, box_types
from adapters.videos.probe import VideoFacts, probe
from domain.errors import Refused
from tests.adapters.videos.samples import make_video


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return make_video(tmp_path / "video.mp4")


def test_a_whole_video_tells_its_facts(video):
    assert probe(video) == VideoFacts(duration_seconds=2.0, width=160, height=90, codec="h264")


@pytest.mark.parametrize("movflags", ["", "+faststart", "+frag_keyframe+empty_moov", "+frag_keyframe+delay_moov"])
def test_every_way_of_writing_an_mp4_is_taken(tmp_path, movflags):
    facts = probe(make_video(tmp_path / "video.mp4", movflags=movflags))
    assert facts.duration_seconds == pytest.approx(2.0, abs=0.11)


def test_a_mov_is_taken(tmp_path):
    assert probe(make_video(tmp_path / "video.mov", container="mov")).codec == "h264"


def test_an_empty_file_is_named_so(tmp_path):
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(Refused, match=r"^Downloaded file is empty$"):
        probe(tmp_path / "empty.mp4")


def test_a_tiny_file_is_refused(video):
    os.truncate(video, 1023)
    with pytest.raises(Refused, match=r"^Not a valid video: 1023 bytes are too few"):
        probe(video)


@pytest.mark.parametrize("movflags", ["", "+faststart", "+frag_keyframe+empty_moov"])
@pytest.mark.parametrize("share", [0.2, 0.6, 0.97])
def test_a_cut_file_is_refused(tmp_path, movflags, share):
    video = make_video(tmp_path / "video.mp4", movflags=movflags)
    os.truncate(video, int(video.stat().st_size * share))
    with pytest.raises(Refused, match=r"^Not a valid video: "):
        probe(video)


def test_a_cut_file_whose_last_box_reaches_to_the_end_is_refused(video):
    """A size of 0 means "to the end of the file", so the boxes of such a file stay whole when it is cut."""
    data = bytearray(video.read_bytes())
    at = data.index(b"mdat") - 4
    data[at : at + 4] = bytes(4)
    video.write_bytes(data)
    assert probe(video).duration_seconds == 2.0
    os.truncate(video, int(len(data) * 0.6))
    assert box_types(video)[-1] == b"mdat"
    with pytest.raises(Refused, match=r"^Not a valid video: "):
        probe(video)


def test_a_box_with_a_64_bit_size_is_read(video):
    """Such a header is 8 bytes longer, so the free box before it gives them up: all offsets in the index stay true."""
    data = bytearray(video.read_bytes())
    at = data.index(b"mdat") - 4
    (size,) = struct.unpack_from(">I", data, at)
    assert data[at - 8 : at] == struct.pack(">I4s", 8, b"free")
    data[at - 8 : at + 8] = struct.pack(">I4sQ", 1, b"mdat", size + 8)
    video.write_bytes(data)
    assert probe(video).duration_seconds == 2.0


@pytest.mark.parametrize("rubbish", [b"<html>", b"\0" * 64, b"x", os.urandom(2000), b"\xff" * 16])
def test_rubbish_behind_the_end_is_refused(video, rubbish):
    with video.open("ab") as file:
        file.write(rubbish)
    with pytest.raises(Refused, match=r"^Not a valid video: "):
        probe(video)


def test_a_web_page_is_refused(tmp_path):
    page = tmp_path / "page.mp4"
    page.write_text("<!DOCTYPE html><title>Gone</title>" + "sorry " * 500)
    with pytest.raises(Refused, match="Not a valid video: it is not an MP4 or MOV file"):
        probe(page)


def test_rubbish_behind_a_good_first_box_is_refused(video, tmp_path):
    head = video.read_bytes()[:32]
    fake = tmp_path / "fake.mp4"
    fake.write_bytes(head + os.urandom(50_000))
    with pytest.raises(Refused, match=r"^Not a valid video: "):
        probe(fake)


def test_boxes_without_an_index_are_refused(tmp_path):
    fake = tmp_path / "fake.mp4"
    fake.write_bytes(struct.pack(">I4s4sI", 16, b"ftyp", b"isom", 0) + struct.pack(">I4s", 2008, b"mdat") + bytes(2000))
    with pytest.raises(Refused, match="Not a valid video: it has no moov box"):
        probe(fake)


def test_another_container_is_refused_by_name_of_what_is_taken(tmp_path):
    webm = make_video(tmp_path / "video.webm", container="webm", codec="libvpx")
    with pytest.raises(Refused, match=r"Not a valid video: .* \(MP4 and MOV are accepted\)"):
        probe(webm)


def test_a_box_that_does_not_move_on_ends_the_walk(tmp_path):
    stuck = tmp_path / "stuck.mp4"
    stuck.write_bytes(struct.pack(">I4s4sI", 16, b"ftyp", b"isom", 0) + struct.pack(">I4s", 4, b"mdat") + bytes(2000))
    with pytest.raises(Malformed, match="unreadable data after 16"):
        box_types(stuck)


def test_a_video_trimmed_by_its_edit_list_is_whole_and_as_long_as_it_is_shown(video, tmp_path):
    """All 20 images are in the file; the first 8 come before its beginning."""
    trimmed = tmp_path / "trimmed.mp4"
    options = {"avoid_negative_ts": "disabled"}
    with av.open(str(video)) as source, av.open(str(trimmed), "w", options=options) as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                shift = int(0.8 / packet.time_base)
                packet.pts, packet.dts, packet.stream = packet.pts - shift, packet.dts - shift, stream
                target.mux(packet)
    assert probe(trimmed).duration_seconds == pytest.approx(1.2)
