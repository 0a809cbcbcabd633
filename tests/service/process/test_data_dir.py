"""What is in the data directory is for one user: approvals, images, films, and the password of the embedded NATS."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from service.process.data_dir import prepare, survey

SOMEBODY = 54321


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A directory as an earlier version left it: everybody could read it."""
    data_dir = tmp_path / "DATA"
    (data_dir / "videos" / "a").mkdir(parents=True)
    for name in ("reelwright.db", "videos/a/final.mp4"):
        (data_dir / name).write_text("x")
        (data_dir / name).chmod(0o644)
    for folder in (data_dir, data_dir / "videos", data_dir / "videos" / "a"):
        folder.chmod(0o755)
    return data_dir


def test_a_new_directory_is_made_for_us_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        prepare(tmp_path / "new" / "DATA")
    finally:
        os.umask(before)
    assert mode(tmp_path / "new" / "DATA") == 0o700


def test_what_an_earlier_version_left_open_is_closed(older: Path) -> None:
    assert len(survey(older).readable) == 5
    prepare(older)
    assert {mode(path) for path in [older, *older.rglob("*")] if path.is_dir()} == {0o700}
    assert {mode(path) for path in older.rglob("*") if path.is_file()} == {0o600}
    assert survey(older).readable == ()


def test_a_link_is_not_followed_out_of_the_directory(older: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("x")
    for path, bits in ((outside / "file", 0o644), (outside, 0o755)):
        path.chmod(bits)
    (older / "folder").symlink_to(outside)
    (older / "file").symlink_to(outside / "file")
    prepare(older)
    assert (mode(outside), mode(outside / "file")) == (0o755, 0o644)


def test_what_is_not_ours_is_left_and_told(older: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("NOT TESTED: only root can give a file to somebody else")
    os.chown(older / "reelwright.db", SOMEBODY, SOMEBODY)
    prepare(older)
    assert mode(older / "reelwright.db") == 0o644
    assert survey(older).foreign == (older / "reelwright.db",)


def test_a_directory_of_somebody_else_is_told_with_what_can_be_read_in_it(older: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("NOT TESTED: only root can give a directory to somebody else")
    os.chown(older, SOMEBODY, SOMEBODY)
    found = survey(older)
    assert found.foreign == (older,)
    assert older / "reelwright.db" in found.readable
    prepare(older)
    assert (mode(older), mode(older / "videos" / "a" / "final.mp4")) == (0o755, 0o600)


def test_a_place_for_everybodys_files_is_left_alone(older: Path) -> None:
    """As root, `REELWRIGHT_DATA_DIR=/tmp` would have closed /tmp to the whole machine."""
    older.chmod(0o1777)
    prepare(older)
    assert mode(older) == 0o1777
    assert mode(older / "reelwright.db") == 0o644
    assert survey(older).is_shared


def test_what_we_may_do_with_a_file_of_ours_stays(older: Path) -> None:
    (older / "run.sh").write_text("x")
    (older / "run.sh").chmod(0o755)
    prepare(older)
    assert mode(older / "run.sh") == 0o700


def test_a_user_without_a_home_has_a_data_directory(older: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_home)
    prepare(older)
    assert mode(older) == 0o700


def test_a_home_is_left_alone(older: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: older)
    prepare(older)
    assert mode(older) == 0o755
