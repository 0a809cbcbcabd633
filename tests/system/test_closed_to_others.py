"""A whole service keeps to one user: its files, its embedded NATS, and the passwords that it was given."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import nats
import pytest

from tests.fixtures.nats import NatsServer
from tests.system.running import Service, approval, image_bytes, run_verb

PASSWORD = "p#ss/w@rd:hunter%"
IN_A_URL = "p%23ss%2Fw%40rd%3Ahunter%25"


def open_to_others(data_dir: Path) -> list[str]:
    """Return everything that another user could read, write or enter."""
    found = [data_dir, *data_dir.rglob("*")]
    return [str(path.relative_to(data_dir)) for path in found if path.lstat().st_mode & 0o077 and not path.is_symlink()]


@pytest.fixture
def locked_nats() -> Iterator[NatsServer]:
    """A server that wants a user and a password that no address can hold as it is."""
    server = NatsServer()
    config = server.folder / "server.conf"
    login = f"authorization {{ user: ada, password: {json.dumps(PASSWORD)} }}\n"
    config.write_text(config.read_text() + login)
    with server:
        yield server


async def test_no_file_of_a_service_can_be_read_by_others_whatever_the_umask(service: Service) -> None:
    before = os.umask(0)
    try:
        await service.start()
    finally:
        os.umask(before)
    await service.approve(approval("a"))
    await service.job_in("a", "completed")
    names = {path.name for path in service.data_dir.rglob("*")}
    assert {"final.mp4", "thumbnail.jpg", "reelwright.db", "service.json", "password", "server.log"} <= names
    assert open_to_others(service.data_dir) == []


async def test_a_directory_of_an_earlier_version_is_closed_at_the_start(service: Service) -> None:
    (service.data_dir / "videos" / "old").mkdir(parents=True)
    (service.data_dir / "videos" / "old" / "final.mp4").write_text("x")
    for path in (service.data_dir, *service.data_dir.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    assert "other users can read" in run_verb(service, "doctor").stdout
    await service.start()
    assert open_to_others(service.data_dir) == []
    assert "only this user can read what is in the data directory" in run_verb(service, "doctor").stdout


def test_the_doctor_has_a_line_for_what_belongs_to_somebody_else(service: Service) -> None:
    if os.geteuid() != 0:
        pytest.skip("NOT TESTED: only root can give a file to somebody else")
    (service.data_dir / "videos").mkdir(parents=True)
    os.chown(service.data_dir / "videos", 54321, 54321)
    said = run_verb(service, "doctor").stdout
    assert f"warn  access: not this user's: {service.data_dir / 'videos'}" in said
    assert "next: chown -R " in said


async def test_the_embedded_nats_takes_nothing_from_who_has_no_password(service: Service) -> None:
    """It took anybody's approvals, cancels and purges, although the API wanted a token."""
    await service.start()
    port = int(json.loads((service.data_dir / "service.json").read_text())["nats_url"].rpartition(":")[2])
    for login in ({}, {"user": "reelwright", "pass": "guessed"}, {"auth_token": "guessed"}):
        assert await answer_to(port, {"verbose": False, **login}) == b"-ERR 'Authorization Violation'\r\n"
    assert stat.S_IMODE((service.data_dir / "nats" / "password").stat().st_mode) == 0o600


async def test_the_url_with_its_password_is_printed_for_other_clients(service: Service) -> None:
    await service.start()
    printed = run_verb(service, "nats")
    assert (printed.returncode, printed.stderr, printed.stdout.count("\n")) == (0, "", 1)
    client = await nats.connect(printed.stdout.strip())
    try:
        await client.jetstream().publish("storyboard.approved", json.dumps(approval("a")).encode())
    finally:
        await client.close()
    await service.job_in("a", "completed")
    assert printed.stdout.strip().split("@")[0].rpartition(":")[2] not in service.log_path.read_text()
    service.stop()
    await service.start()
    assert run_verb(service, "nats").stdout == printed.stdout


async def test_a_bus_with_a_password_is_used_and_its_password_is_told_nowhere(
    make_service: Callable[..., Service], locked_nats: NatsServer
) -> None:
    """It stood on stderr and, for everybody to read, in DATA/service.json."""
    url = f"nats://ada:{IN_A_URL}@127.0.0.1:{locked_nats.port}"
    service = make_service(REELWRIGHT_NATS_URL=url, REELWRIGHT_LOG_LEVEL="debug")
    await service.start()
    (service.data_dir.parent / "a.json").write_text(json.dumps(approval("a")))
    said = [run_verb(service, *call) for call in (["approve", "a.json"], ["config"], ["config", "--json"], ["doctor"])]
    assert [one.returncode for one in said] == [0] * 4, said
    await service.job_in("a", "completed")
    assert run_verb(service, "nats").stdout == f"{url}\n"
    texts = [service.log_path.read_bytes(), *(f"{one.stdout}{one.stderr}".encode() for one in said)]
    texts += [path.read_bytes() for path in service.data_dir.rglob("*") if path.is_file()]
    assert not [text[:200] for text in texts if b"hunter" in text]
    assert "ada" not in (service.data_dir / "service.json").read_text()


@pytest.mark.parametrize("verb", ["serve", "jobs", "doctor", "config", "migrate"])
@pytest.mark.parametrize(
    "settings",
    [
        {"REELWRIGHT_DATABASE_URL": "postgresql://ada:hunter#tiger@127.0.0.1:1/films"},
        {"REELWRIGHT_DATABASE_URL": "postgresql://ada:12/hunter@127.0.0.1:1/films"},
        {"REELWRIGHT_NATS_URL": "nats://ada:hunter#tiger@127.0.0.1:1"},
        {"REELWRIGHT_NATS_URL": "nats://ada:hunter,tiger@127.0.0.1:1"},
    ],
)
def test_no_verb_prints_a_part_of_a_password_that_it_cannot_read(
    make_service: Callable[..., Service], verb: str, settings: dict[str, str]
) -> None:
    said = run_verb(make_service(**settings), verb)
    assert said.returncode == 3, said
    assert "%23" in said.stderr
    assert not [secret for secret in ("hunter", "tiger") if secret in said.stdout + said.stderr]


def test_the_api_token_is_not_sent_to_an_address_that_nobody_may_trust(service: Service) -> None:
    """`pid: 0` passed for a living process, and the token went to whatever host a file in the folder named."""
    service.data_dir.mkdir()
    path = service.data_dir / "service.json"
    service.settings["REELWRIGHT_API_TOKEN"] = "hunter"
    photo = service.data_dir.parent / "photo.jpg"
    photo.write_bytes(png_bytes())
    for address, code in (
        ({"pid": os.getpid(), "http_url": "http://evil.example"}, 3),
        ({"pid": 0, "http_url": ""}, 4),
    ):
        path.write_text(json.dumps(address))
        path.chmod(0o600)
        said = run_verb(service, "approve", str(photo))
        assert said.returncode == code, said
        assert "hunter" not in said.stderr
    path.write_text(json.dumps({"pid": os.getpid(), "http_url": "http://127.0.0.1:9"}))
    path.chmod(0o666)
    said = run_verb(service, "approve", str(photo))
    assert said.returncode == 3
    assert "can be written by others" in said.stderr
    assert "not to be trusted" in run_verb(service, "doctor").stdout


async def answer_to(port: int, login: dict[str, object]) -> bytes:
    """Say to a NATS server who we are, then ask it something; return the first thing that it says to that."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        await reader.readline()
        writer.write(b"CONNECT %s\r\nPING\r\n" % json.dumps(login).encode())
        return await reader.readline()
    finally:
        writer.close()
        await writer.wait_closed()


def png_bytes() -> bytes:
    return base64.b64decode(image_bytes().partition(",")[2])
