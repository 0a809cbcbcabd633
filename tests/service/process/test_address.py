"""The address of a running service is checked before it is used: the API token is sent to it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.process.address import (
    Untrusted,
    find_address,
    local_url,
    nats_servers,
    read_address,
    remove_address,
    write_address,
)
from service.settings import Settings, load_settings

HERE = "http://127.0.0.1:8000"
SOMEBODY = 54321


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    (tmp_path / "DATA").mkdir()
    return tmp_path / "DATA"


def settings(data_dir: Path, **more: str) -> Settings:
    return load_settings({"REELWRIGHT_DATA_DIR": str(data_dir), **more})


def written(data_dir: Path, **what: Any) -> Path:
    """Write an address as an attacker might."""
    path = data_dir / "service.json"
    path.write_text(json.dumps({"pid": os.getpid(), "http_url": HERE, **what}))
    path.chmod(0o600)
    return path


def refused(data_dir: Path, **more: str) -> str:
    with pytest.raises(Untrusted) as error:
        find_address(settings(data_dir, **more))
    assert read_address(settings(data_dir, **more)) is None
    return str(error.value)


@pytest.fixture
def stranger() -> Iterator[int]:
    """The process of another user."""
    if os.geteuid() != 0:
        pytest.skip("NOT TESTED: only root can start a process of another user")
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, user=SOMEBODY) as process:
        yield process.pid
        process.kill()


def test_our_own_address_is_found_and_holds_no_password(data_dir: Path) -> None:
    before = os.umask(0)
    try:
        write_address(data_dir, http_url=HERE, nats_servers=["nats://ada:hunter@127.0.0.1:4222", "tls://key@[::1]"])
    finally:
        os.umask(before)
    path = data_dir / "service.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert not {"ada", "hunter", "key"} & set(path.read_text().replace(":", "/").replace("@", "/").split("/"))
    found = find_address(settings(data_dir))
    assert found is not None
    assert (found.pid, found.http_url) == (os.getpid(), HERE)
    assert nats_servers(found, settings(data_dir)) == ["nats://127.0.0.1:4222", "tls://[::1]"]
    remove_address(data_dir)
    assert not path.exists()


@pytest.mark.parametrize(
    ("listens", "calls"),
    [("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("10.0.0.7", "10.0.0.7"), ("localhost", "localhost")],
)
def test_who_listens_everywhere_is_called_here(listens: str, calls: str) -> None:
    assert local_url(listens, 8000) == f"http://{calls}:8000"


def test_without_a_file_there_is_no_service(data_dir: Path) -> None:
    assert find_address(settings(data_dir)) is None


@pytest.mark.parametrize("pid", [0, -1, -(2**31), 2**22 + 1, 2**70])
def test_a_number_that_is_no_process_is_no_service(data_dir: Path, pid: int) -> None:
    """`pid: 0` passed for a living process: a signal to 0 goes to our own group."""
    written(data_dir, pid=pid)
    assert find_address(settings(data_dir)) is None


def test_a_process_of_another_user_is_not_believed(data_dir: Path, stranger: int) -> None:
    written(data_dir, pid=stranger)
    assert f"names process {stranger}, which belongs to uid {SOMEBODY}" in refused(data_dir)


@pytest.mark.parametrize("bits", [0o620, 0o602, 0o666])
def test_a_file_that_others_can_write_is_not_believed(data_dir: Path, bits: int) -> None:
    written(data_dir).chmod(bits)
    assert "can be written by others" in refused(data_dir)


def test_a_file_of_another_user_is_not_believed(data_dir: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("NOT TESTED: only root can give a file to somebody else")
    os.chown(written(data_dir), SOMEBODY, SOMEBODY)
    assert f"but of uid {SOMEBODY}" in refused(data_dir)


def test_a_link_to_a_file_is_not_believed(data_dir: Path) -> None:
    path = written(data_dir)
    path.rename(data_dir / "elsewhere.json")
    path.symlink_to(data_dir / "elsewhere.json")
    assert "cannot be read" in refused(data_dir)


@pytest.mark.timeout(20)
def test_a_pipe_in_its_place_stops_nobody(data_dir: Path) -> None:
    os.mkfifo(data_dir / "service.json", 0o600)
    assert "is not a file of this user's" in refused(data_dir)


@pytest.mark.parametrize(
    "url", ["http://evil.example", "https://10.0.0.7:8000", "http://127.0.0.1:80@evil.example/", "http://0x7f.evil"]
)
def test_a_host_that_nobody_configured_is_not_believed(data_dir: Path, url: str) -> None:
    written(data_dir, http_url=url)
    assert "which is not this machine and is in no setting" in refused(data_dir)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://[::1]:1", "http://localhost:1", ""])
def test_this_machine_is_believed(data_dir: Path, url: str) -> None:
    written(data_dir, http_url=url)
    found = find_address(settings(data_dir))
    assert found is not None
    assert found.http_url == url


def test_the_host_that_is_configured_is_believed(data_dir: Path) -> None:
    written(data_dir, http_url="http://10.0.0.7:8000")
    assert find_address(settings(data_dir, REELWRIGHT_HTTP_HOST="10.0.0.7")) is not None


def test_a_bus_that_nobody_configured_is_not_believed_and_the_page_is(data_dir: Path) -> None:
    written(data_dir, nats_url="nats://127.0.0.1:4222,nats://evil.example:4222")
    found = find_address(settings(data_dir))
    assert found is not None
    with pytest.raises(Untrusted, match=r"evil\.example"):
        nats_servers(found, settings(data_dir))
    assert nats_servers(found, settings(data_dir, REELWRIGHT_NATS_URL="nats://ada:hunter@evil.example"))


@pytest.mark.parametrize("content", ["", "[]", "{", '{"pid": "1", "http_url": 1}', '{"http_url": "x"}'])
def test_what_is_no_address_is_none(data_dir: Path, content: str) -> None:
    written(data_dir).write_text(content)
    assert find_address(settings(data_dir)) is None
