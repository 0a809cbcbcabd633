"""`reelwright demo`: a new user's first call. Everything is real, and no process is left behind."""

from __future__ import annotations

import hashlib
import re
import signal
import sqlite3
import time
from contextlib import closing

import psutil
import pytest

from service.process.address import write_address
from tests.service.cli.calling import Caller

LEAVE_SECONDS = 15.0


def relatives(call: Caller) -> list[str]:
    """Return the command lines of all processes that work on the data directory."""
    found = []
    for process in psutil.process_iter():
        try:
            own = process.environ().get("REELWRIGHT_DATA_DIR") == str(call.data_dir)
            if own and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def nobody_left(call: Caller) -> bool:
    deadline = time.monotonic() + LEAVE_SECONDS
    while relatives(call) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not relatives(call)


def test_the_demo_ends_with_a_real_video_its_facts_and_its_events(
    call: Caller, capsys: pytest.CaptureFixture[str]
) -> None:
    began = time.monotonic()
    # A setting that would cost money or lead elsewhere is not the demo's.
    answer = call.afresh("demo", REELWRIGHT_RENDERER="noop", REELWRIGHT_NATS_URL="nats://127.0.0.1:9")
    with capsys.disabled():
        print(f" [demo: {time.monotonic() - began:.1f} s]", end="")
    assert answer.code == 0, answer.err
    assert relatives(call) == []

    video = next((call.data_dir / "videos").glob("demo-*/final.mp4"))
    assert f"The video: {video}" in answer.out
    assert hashlib.sha256(video.read_bytes()).hexdigest() in answer.out
    assert "duration  8.00 s" in answer.out
    assert "1280 x 720, h264" in answer.out
    events = re.findall(r"^ +(\d+)  [\d:.]+  (\w+)", answer.out, re.MULTILINE)
    assert [int(version) for version, _ in events] == list(range(1, len(events) + 1))
    assert events[0][1] == "StoryboardApproved"
    assert events[-1][1] == "VideoCompleted"
    assert f"show {video.parent.name}" in answer.out
    assert answer.err.count("rendering") > 5

    assert call("jobs", "--json").json["jobs"][0]["status"] == "completed"
    assert call("replay", "--verify").code == 0


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_a_demo_that_is_ended_leaves_nothing_running(call: Caller, number: signal.Signals, code: int) -> None:
    process = call.start("demo")
    assert process.stderr is not None
    assert any(b"Published" in line for line in process.stderr)
    assert len(relatives(call)) > 1
    process.send_signal(number)
    process.communicate(timeout=30)
    assert process.returncode == code
    assert nobody_left(call), relatives(call)


def test_the_demo_does_not_use_a_data_directory_that_is_in_use(call: Caller) -> None:
    call.data_dir.mkdir()
    write_address(call.data_dir, http_url="http://127.0.0.1:9", nats_servers=[])
    answer = call("demo")
    assert answer.code == 6
    assert "REELWRIGHT_DATA_DIR" in answer.problem["next"]


def test_a_service_that_does_not_start_is_told_with_its_log(call: Caller) -> None:
    call.data_dir.mkdir()
    with closing(sqlite3.connect(call.data_dir / "reelwright.db")) as database, database:
        database.execute("CREATE TABLE alembic_version (version_num TEXT)")
        database.execute("INSERT INTO alembic_version VALUES ('of a later program')")
    answer = call.afresh("demo")
    assert answer.code == 4
    assert "demo.log" in answer.problem["next"]
    assert "later program" in answer.problem["why"]
    assert nobody_left(call)
