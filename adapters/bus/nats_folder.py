"""The files of an embedded nats-server in the data directory: configuration, store, log, port and process id."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import socket
from pathlib import Path
from urllib.parse import quote

USUAL_PORT = 4222
MOST_PAYLOAD = "8MB"
"""Far above the limit of an approval: one that is too large must arrive to be recorded."""

USER = "reelwright"
PASSWORD_BYTES = 32

_CONFIG = """\
# Written at each start.
listen: "127.0.0.1:{port}"
server_name: {name}
max_payload: {most_payload}
log_file: {log}
logfile_size_limit: 10MB
logfile_max_num: 3
authorization {{ user: {user}, password: {password} }}
jetstream {{
  store_dir: {store}
  sync_interval: always
  max_file_store: 64GB
  max_memory_store: 64MB
}}
"""


class NatsFolder:
    """`nats/` in the data directory."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir.resolve() / "nats"
        self.config = self.path / "server.conf"
        self.log = self.path / "server.log"
        self.lock = self.path / "lock"
        self.store_lock = self.path / "store.lock"

    @property
    def server_name(self) -> str:
        """A name that only the server of this folder has."""
        return "reelwright-" + hashlib.sha256(os.fsencode(self.path)).hexdigest()[:16]

    @property
    def port(self) -> int | None:
        """The port of the server that runs, or ran last."""
        return _number(self.path / "port")

    @property
    def password(self) -> str | None:
        """The password of every client; None where there is none yet."""
        try:
            return (self.path / "password").read_text().strip() or None
        except OSError:
            return None

    @property
    def url(self) -> str | None:
        """The address of the server with user and password; None before the first start."""
        port, password = self.port, self.password
        if port is None or password is None:
            return None
        return f"nats://{USER}:{quote(password, safe='')}@127.0.0.1:{port}"

    @property
    def pid(self) -> int | None:
        """The process id of the server that was started last."""
        return _number(self.path / "pid")

    def make(self) -> None:
        """Make the folder, which only its owner may read, and the password, which never changes."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.password is None:
            self._make_password()

    def remember(self, **numbers: int) -> None:
        """Write `port` or `pid`, each in one step."""
        for name, number in numbers.items():
            _replace(self.path / name, f"{number}\n")

    def write_config(self, port: int) -> None:
        """Write the server's configuration; with it a message is acknowledged only when it is on the disk."""
        self.make()
        text = _CONFIG.format(
            port=port,
            name=json.dumps(self.server_name),
            user=USER,
            password=json.dumps(self.password),
            most_payload=MOST_PAYLOAD,
            log=json.dumps(str(self.log), ensure_ascii=False),
            store=json.dumps(str(self.path / "store"), ensure_ascii=False),
        )
        _replace(self.config, text)

    def _make_password(self) -> None:
        """Of several processes that do this at once one wins, and all use its password."""
        fresh, place = self.path / f"password-{os.getpid()}", self.path / "password"
        _replace(fresh, f"{secrets.token_urlsafe(PASSWORD_BYTES)}\n")
        try:
            place.hardlink_to(fresh)
        except FileExistsError:
            pass
        except OSError:
            fresh.replace(place)  # a file system without hard links
        fresh.unlink(missing_ok=True)


def free_port(wanted: int | None = None) -> int:
    """Return `wanted` if nothing listens there on 127.0.0.1, else a free port."""
    for port in (wanted, 0):
        if port is None:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("there is no free port on 127.0.0.1")


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


def _replace(path: Path, text: str) -> None:
    """Write a file that only its owner can read, in one step."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600, exist_ok=False)
    fresh.write_text(text)
    fresh.replace(path)
