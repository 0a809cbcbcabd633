"""A service of our own beside a verb: a real `reelwright serve`, which ends with us however we end."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import urllib.error
import urllib.request
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from pathlib import Path

from service.cli.problems import CliError, ExitCode
from service.process.address import Address, read_address
from service.settings import Settings
from service.wiring.clock import CLOCK

START_SECONDS = 60.0
STOP_SECONDS = 10.0
LOOK_SECONDS = 0.05
ANSWER_SECONDS = 5.0
TOLD_LINES = 8


@asynccontextmanager
async def own_service(settings: Settings, environ: Mapping[str, str], *, log_path: Path) -> AsyncIterator[Address]:
    """Start a service, wait until it is ready, and stop it at the end of the block."""
    with log_path.open("wb") as log:
        # A session of its own: Ctrl-C reaches us alone, and we stop the service in order.
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-P", "-m", "service.cli", "serve", "--parent", str(os.getpid())),
            env=dict(environ),
            stdin=DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield await _ready(process, settings, log_path)
    finally:
        await asyncio.shield(_stop(process))


async def _ready(process: Process, settings: Settings, log_path: Path) -> Address:
    until = CLOCK.monotonic() + START_SECONDS
    while CLOCK.monotonic() < until:
        if process.returncode is not None:
            raise _not_started(f"it ended with {process.returncode}:", log_path)
        address = read_address(settings)
        if address is not None and address.pid == process.pid and await asyncio.to_thread(_is_ready, address.http_url):
            return address
        await asyncio.sleep(LOOK_SECONDS)
    raise _not_started(f"it was not ready within {START_SECONDS:g} s:", log_path)


def _is_ready(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url}/readyz", timeout=ANSWER_SECONDS) as answer:
            return bool(answer.status == HTTPStatus.OK)
    except urllib.error.HTTPError as error:
        error.close()
        return False
    except OSError:
        return False


async def _stop(process: Process) -> None:
    """Ask it to leave; what has not left in time is ended with all that it started."""
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _not_started(why: str, log_path: Path) -> CliError:
    return CliError(
        "The service did not start",
        why="\n".join([why, *_last_words(log_path)]),
        next_step=f"reelwright doctor   (its log is {log_path})",
        exit_code=ExitCode.DEPENDENCY_DOWN,
    )


def _last_words(log_path: Path) -> list[str]:
    """Return what it said to a person, else the end of its log."""
    lines = log_path.read_text(errors="replace").splitlines()
    told = [number for number, line in enumerate(lines) if line.startswith("Error:")]
    return lines[told[-1] :] if told else lines[-TOLD_LINES:]
