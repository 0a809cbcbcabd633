"""The address of a running service: a small file in the data directory, for the other verbs on this machine.

It holds no secret. It is checked before it is used, because the verbs send the API token to this address.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection
from pathlib import Path

import msgspec

from domain.errors import Refused
from service.settings import Settings
from service.urls import host_of, is_loopback, place_of

LARGEST_FILE_BYTES = 64 * 1024
WRITABLE_BY_OTHERS = 0o022
UNKNOWN_USER = -1
LOCAL_HOSTS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where it listens: where it is called


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """The URLs of a running service, without passwords, and its process id."""

    pid: int
    http_url: str
    nats_url: str | None = None


class Untrusted(Refused):
    """There is an address, but nothing may be sent to it; the text says why."""


def write_address(data_dir: Path, *, http_url: str, nats_servers: Collection[str]) -> None:
    """Write the file of this process, or replace another one in one step; only its owner can read it."""
    nats_url = ",".join(map(place_of, nats_servers))
    address = Address(pid=os.getpid(), http_url=http_url, nats_url=nats_url)
    path = _path(data_dir)
    new = path.with_suffix(f".{os.getpid()}")
    new.unlink(missing_ok=True)
    new.touch(mode=0o600, exist_ok=False)
    new.write_bytes(msgspec.json.encode(address))
    new.replace(path)


def find_address(settings: Settings) -> Address | None:
    """Return the address of a service that still runs, None where there is none. Raises Untrusted.

    The file and the process must belong to this user, nobody else may be able to write the file, and the HTTP host
    must be this machine or the one of the settings.
    """
    path = _path(settings.data_dir)
    found = _read(path)
    owner = None if found is None else _owner_of(found.pid)
    if found is None or owner is None:
        return None
    if owner != os.geteuid():
        raise Untrusted(f"{path} names process {found.pid}, which belongs to uid {owner}, not to us")
    _check_host(path, found.http_url, configured={settings.http_host})
    return found


def read_address(settings: Settings) -> Address | None:
    """Return the same as `find_address`, but None for an address that is not trusted."""
    try:
        return find_address(settings)
    except Untrusted:
        return None


def nats_servers(address: Address, settings: Settings) -> list[str]:
    """Return the NATS servers of a service. Raises Untrusted for a host of elsewhere that is in no setting."""
    servers = [url for url in (address.nats_url or "").split(",") if url]
    for url in servers:
        _check_host(_path(settings.data_dir), url, configured={host_of(one) for one in settings.nats_servers})
    return servers


def remove_address(data_dir: Path) -> None:
    """Remove the file if this process wrote it."""
    try:
        found = _read(_path(data_dir))
    except Untrusted:
        return
    if found is not None and found.pid == os.getpid():
        _path(data_dir).unlink(missing_ok=True)


def local_url(host: str, port: int) -> str:
    """Return the URL under which this machine reaches a server that listens on `host`."""
    host = LOCAL_HOSTS.get(host, host)
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _read(path: Path) -> Address | None:
    """Return what the file holds, None where there is no file or no address in it. Raises Untrusted."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Untrusted(f"{path} cannot be read: {error.strerror}") from error
    with os.fdopen(descriptor, "rb") as file:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode) or facts.st_uid != os.geteuid():
            raise Untrusted(f"{path} is not a file of this user's (uid {os.geteuid()}), but of uid {facts.st_uid}")
        if facts.st_mode & WRITABLE_BY_OTHERS:
            raise Untrusted(f"{path} can be written by others (mode {stat.S_IMODE(facts.st_mode):04o})")
        content = file.read(LARGEST_FILE_BYTES)
    try:
        return msgspec.json.decode(content, type=Address)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None


def _owner_of(pid: int) -> int | None:
    """Return the user id of a process, None where there is no such process; 0 and less are no process ids."""
    if pid <= 0:
        return None
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}").stat().st_uid
        except OSError:
            return None
    try:
        os.kill(pid, 0)
    except PermissionError:
        return UNKNOWN_USER
    except (OSError, OverflowError):
        return None
    return os.geteuid()


def _check_host(path: Path, url: str, *, configured: Collection[str | None]) -> None:
    host = host_of(url)
    if url and not is_loopback(host) and host not in configured:
        raise Untrusted(f"{path} names a service on {host!r}, which is not this machine and is in no setting")


def _path(data_dir: Path) -> Path:
    return data_dir / "service.json"
