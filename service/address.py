"""Where a running service can be reached: a small file in the data directory, for the other verbs on this machine."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """The URLs of a running service and its process id."""

    pid: int
    http_url: str
    nats_url: str | None = None


def write_address(data_dir: Path, address: Address) -> None:
    """Replace the file in one step."""
    path = _path(data_dir)
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.write_bytes(msgspec.json.encode(address))
    fresh.replace(path)


def read_address(data_dir: Path) -> Address | None:
    """Return the address of a service that still runs, None when there is none."""
    try:
        address = msgspec.json.decode(_path(data_dir).read_bytes(), type=Address)
        os.kill(address.pid, 0)
    except (OSError, msgspec.DecodeError, msgspec.ValidationError):
        return None
    return address


def remove_address(data_dir: Path) -> None:
    """Remove the file if it is ours."""
    address = read_address(data_dir)
    if address is not None and address.pid == os.getpid():
        _path(data_dir).unlink(missing_ok=True)


def _path(data_dir: Path) -> Path:
    return data_dir / "service.json"
