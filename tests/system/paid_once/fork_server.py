"""Services that start quickly: what takes seconds to import is imported once, and each service is a fork of that."""

from __future__ import annotations

import importlib
import os
import pkgutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import adapters
import service

ROOT = Path(__file__).parents[3]
END_SECONDS = 10.0


class Forked:
    """A process of the fork server, with what the tests use of `subprocess.Popen`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def poll(self) -> int | None:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return -1
        return None

    def send_signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def wait(self, seconds: float = END_SECONDS) -> int:
        """Wait for its end; how it ended is not known here."""
        deadline = time.monotonic() + seconds
        while self.poll() is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("serve", seconds)
            time.sleep(0.01)
        return 0


class ForkServer:
    """The process that imports and forks; it ends with its input."""

    def __init__(self, environment: Mapping[str, str], *, cwd: Path) -> None:
        self._cwd = cwd
        path = os.pathsep.join(filter(None, [str(ROOT), environment.get("PYTHONPATH")]))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.system.paid_once.fork_server"],
            env={**environment, "PYTHONPATH": path},
            cwd=cwd,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def fork(self, log_path: Path) -> Forked:
        """Start `serve`, with its words in that file."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{log_path}\n")
        self._process.stdin.flush()
        return Forked(int(self._process.stdout.readline()))

    def close(self) -> None:
        self._process.communicate(timeout=END_SECONDS)


def main() -> None:
    """Fork for every line that names a log."""
    for package in (adapters, service):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith((".__main__", ".migrations.env")):
                importlib.import_module(module.name)
    # Nobody waits for the forks here, and they must not stay as zombies: their end is seen by their absence.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while line := sys.stdin.readline():
        pid = os.fork()
        if pid == 0:
            _serve(line.strip())
        print(pid, flush=True)


def _serve(log_path: str) -> None:
    from service.cli import main as run

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(log_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    sys.argv = ["reelwright", "serve"]
    code = 1
    try:
        code = int(run() or 0)
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
