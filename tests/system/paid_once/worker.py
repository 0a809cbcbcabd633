"""Who may be put into the storm: anything that can be started, killed and stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Protocol

from tests.system.paid_once.provider import Provider
from tests.system.running import Service

SHORT_TIMES = {
    "REELWRIGHT_LEASE_SECONDS": "1.5",
    "REELWRIGHT_POLL_INTERVAL_SECONDS": "0.2",
    "REELWRIGHT_CREATE_TIMEOUT_SECONDS": "1.5",
    "REELWRIGHT_CREATE_SETTLE_SECONDS": "1",
    "REELWRIGHT_RETRY_BACKOFF_SECONDS": "0.2",
}
START_SECONDS = 90.0
ROOT = Path(__file__).parents[3]


class Worker(Protocol):
    """A process that renders what is approved."""

    name: str

    async def start(self) -> None:
        """Start it and wait until it works."""

    def kill(self) -> None:
        """End it with SIGKILL."""

    def stop(self) -> int:
        """Stop it cleanly."""


class Reelwright(Service):
    """The service, with times that suit a test."""

    name = "reelwright"

    def __init__(self, folder: Path, provider: Provider, *, nats_url: str, **settings: str) -> None:
        chosen = {**SHORT_TIMES, **provider.settings, "REELWRIGHT_NATS_URL": nats_url, **settings}
        super().__init__(folder / "DATA", **chosen)

    async def start(self, *arguments: str) -> None:
        """Start it and wait until it is ready, on a busy machine too."""
        self.spawn(*arguments)
        await self.until(self.is_ready, seconds=START_SECONDS, what="a ready service")


class Naive:
    """The worker of `naive.py`."""

    name = "naive"

    def __init__(self, folder: Path, provider: Provider, *, nats_url: str) -> None:
        self._settings = {"NATS_URL": nats_url, "PROVIDER_URL": provider.settings["REELWRIGHT_REPLICATE_BASE_URL"]}
        self._log_path = folder / "naive.log"
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        self._spawn()

    def _spawn(self) -> None:
        with self._log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.system.paid_once.naive"],
                env=os.environ | self._settings,
                stdout=log,
                stderr=log,
                cwd=ROOT,
            )

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        return self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(how)
        code, self._process = self._process.wait(10), None
        return code
