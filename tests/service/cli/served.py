"""A running `reelwright serve` for tests, with the verbs that talk to it."""

from __future__ import annotations

import subprocess
import time
import urllib.error
import urllib.request
from types import TracebackType
from typing import Self

from service.process.address import Address, read_address
from service.settings import load_settings
from tests.service.cli.calling import Caller

READY_SECONDS = 60.0
STOP_SECONDS = 20.0


class Served:
    """Starts the service, waits until it is ready, stops it by its process id."""

    def __init__(self, call: Caller) -> None:
        self.call = call

    @property
    def address(self) -> Address:
        address = read_address(load_settings({"REELWRIGHT_DATA_DIR": str(self.call.data_dir)}))
        assert address is not None
        return address

    def __enter__(self) -> Self:
        self.process = self.call.start("serve")
        deadline = time.monotonic() + READY_SECONDS
        while not self._is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                raise RuntimeError(self.process.communicate()[1].decode())
            time.sleep(0.05)
        return self

    def stop(self) -> tuple[int, str]:
        """Stop it as an operator would; return its exit code and what it said."""
        self.process.terminate()
        try:
            error = self.process.communicate(timeout=STOP_SECONDS)[1]
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        return self.process.returncode, error.decode()

    def _is_ready(self) -> bool:
        address = read_address(load_settings({"REELWRIGHT_DATA_DIR": str(self.call.data_dir)}))
        if address is None or address.pid != self.process.pid:
            return False
        try:
            with urllib.request.urlopen(f"{address.http_url}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except urllib.error.HTTPError as error:
            error.close()
            return False
        except OSError:
            return False

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.stop()
