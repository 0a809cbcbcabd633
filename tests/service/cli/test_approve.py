"""`approve` publishes on NATS and prints what became of the job; service and NATS are real."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image

from tests.fixtures.nats import NatsServer
from tests.service.cli.calling import Caller, ForkServer
from tests.service.cli.served import Served

SMALL = ("--seconds", "0.3", "--width", "160", "--height", "90", "--fps", "10")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, fork_server: ForkServer) -> Iterator[Served]:
    """One service for the tests of this file, with SQLite and a NATS server that it did not start."""
    with NatsServer() as server:
        call = Caller(
            tmp_path_factory.mktemp("approve") / "DATA",
            fork_server,
            REELWRIGHT_NATS_URL=server.url,
            REELWRIGHT_HTTP_PORT="0",
        )
        with closing(call), Served(call) as served:
            yield served


@pytest.fixture
def call(served: Served) -> Caller:
    return served.call


def image_bytes(color: str, kind: str = "JPEG") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (96, 54), color).save(buffer, kind)
    return buffer.getvalue()


def storyboard(call: Caller, name: str, **more: object) -> str:
    """Write a file with the approval of one uploaded image and return its name."""
    image = call.data_dir.parent / "one.png"
    image.write_bytes(image_bytes("red", "PNG"))
    body = {
        "job_id": name,
        "storyboard": [{"image_url": upload(call, image), "duration_seconds": 0.3}],
        "output": {"width": 160, "height": 90, "fps": 10},
    } | more
    path = call.data_dir.parent / f"{name}.json"
    path.write_text(json.dumps(body))
    return str(path)


def upload(call: Caller, image: Path) -> str:
    """Let a first approval upload the image, and take its address from there."""
    first = call("show", "uploaded", "--json")
    if first.code:
        call("approve", str(image), "--job-id", "uploaded", *SMALL)
        first = call("show", "uploaded", "--json")
    return str(first.json["storyboard"][0]["image_url"])


def test_a_file_is_published_and_its_job_reported(call: Caller) -> None:
    answer = call("approve", storyboard(call, "from-file", estimated_cost=1.5), "--json")
    assert answer.code == 0, answer.err
    assert answer.json["job_id"] == "from-file"
    assert answer.json["version"] >= 1
    assert call("show", "from-file", "--json").json["estimated_cost"] == 1.5


def test_images_are_uploaded_and_become_a_video(call: Caller) -> None:
    names = []
    for number, (color, kind) in enumerate([("red", "JPEG"), ("green", "PNG"), ("blue", "WEBP")]):
        path = call.data_dir.parent / f"{number}.{kind.lower()}"
        path.write_bytes(image_bytes(color, kind))
        names.append(str(path))
    answer = call("approve", *names, *SMALL, "--estimate", "0.2", "--job-id", "images", "--watch")
    assert answer.code == 0, answer.err
    video = call.data_dir / "videos" / "images" / "final.mp4"
    assert video.read_bytes()[4:8] == b"ftyp"
    assert str(video) in answer.out
    assert "160 x 90" in answer.out
    assert "(estimated $0.20)" in answer.out
    assert "100 %" in answer.err
    scenes = call("show", "images", "--json").json["storyboard"]
    assert [scene["duration_seconds"] for scene in scenes] == [0.3, 0.3, 0.3]


def test_an_approval_from_stdin_is_followed_as_json(call: Caller) -> None:
    body = Path(storyboard(call, "from-stdin")).read_bytes()
    answer = call("approve", "-", "--watch", "--json", stdin=body)
    assert answer.code == 0, answer.err
    lines = [json.loads(line) for line in answer.out.splitlines()]
    assert lines[-1]["status"] == "completed"


def test_a_storyboard_alone_gets_a_name(call: Caller) -> None:
    scenes = json.loads(Path(storyboard(call, "unused")).read_text())["storyboard"]
    answer = call("approve", "-", "--json", "--width", "160", "--height", "90", stdin=json.dumps(scenes).encode())
    assert answer.code == 0, answer.err
    assert answer.json["job_id"].startswith("job-")


def test_the_same_approval_again_changes_nothing(call: Caller) -> None:
    path = storyboard(call, "twice")
    assert call("approve", path, "--watch").code == 0
    version = call("show", "twice", "--json").json["version"]
    assert call("approve", path).code == 0
    assert call("show", "twice", "--json").json["version"] == version


def test_another_storyboard_under_a_used_name_exits_6(call: Caller) -> None:
    assert call("approve", storyboard(call, "used")).code == 0
    answer = call("approve", storyboard(call, "used", output={"width": 320}))
    assert answer.code == 6
    assert "--job-id" in answer.problem["next"]


def test_a_refused_job_exits_1_with_the_reason_and_may_be_approved_later(call: Caller) -> None:
    answer = call("approve", storyboard(call, "mended", storyboard=[{"description": "no image"}]))
    assert answer.code == 1
    assert answer.problem["why"] == "Scene 1 is missing image"
    assert call("approve", storyboard(call, "mended")).code == 0


def test_an_image_that_is_none_exits_1_and_names_the_file(call: Caller) -> None:
    path = call.data_dir.parent / "torn.jpg"
    path.write_bytes(image_bytes("red")[:200])
    answer = call("approve", str(path))
    assert answer.code == 1
    assert "torn.jpg" in answer.problem["what"]


@pytest.mark.parametrize("body", [b"no json", b"3", b'{"job_id": "../x", "storyboard": []}'])
def test_what_cannot_be_an_approval_exits_2_and_is_not_published(call: Caller, body: bytes) -> None:
    answer = call("approve", "-", stdin=body)
    assert answer.code == 2
    assert "Published" not in answer.err


def test_a_machine_that_only_publishes_is_told_that_it_was_published(call: Caller, tmp_path: Path) -> None:
    answer = call("approve", storyboard(call, "from-afar"), "--json", REELWRIGHT_DATA_DIR=str(tmp_path / "none"))
    assert answer.code == 0, answer.err
    assert answer.json["sequence"] > 0
    assert answer.json["status"] is None


def test_without_a_service_it_exits_4_and_says_how_to_start_one(tmp_path: Path, fork_server: ForkServer) -> None:
    call = Caller(tmp_path / "DATA", fork_server)
    answer = call("approve", "-", stdin=b'{"storyboard": []}')
    assert answer.code == 4
    assert answer.problem["next"] == "reelwright serve"


def test_without_nats_it_exits_4(tmp_path: Path, fork_server: ForkServer) -> None:
    call = Caller(tmp_path / "DATA", fork_server, REELWRIGHT_NATS_URL="nats://127.0.0.1:9")
    answer = call("approve", "-", stdin=b'{"storyboard": []}')
    assert answer.code == 4
    assert answer.problem["next"] == "reelwright doctor"


@pytest.mark.parametrize("estimate", ["nan", "inf", "-1", "1e30", "much"])
def test_an_estimate_that_is_no_amount_is_refused_before_anything_is_sent(call: Caller, estimate: str) -> None:
    """`nan` and `inf` became null on the way, and the job had no estimate without a word."""
    answer = call("approve", "boat.png", "--estimate", estimate)
    assert (answer.code, "--estimate" in answer.err) == (2, True)
