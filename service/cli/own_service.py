"""A `reelwright serve` that a verb starts for itself; it ends with the verb, also after a kill."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from service.cli.problems import CliError, ExitCode
from service.cli.readiness import ask_ready
from service.process.address import Address, read_address
from service.settings import Settings
from service.wiring.clock import CLOCK

START_SECONDS = 60.0
STOP_SECONDS = 10.0
POLL_SECONDS = 0.05
MOST_LOG_LINES = 8


@asynccontextmanager
async def own_service(settings: Settings, environ: Mapping[str, str], *, log_path: Path) -> AsyncIterator[Address]:
    """Start a service, wait until it is ready, and stop it at the end of the block."""
    with log_path.open("wb") as log:
        # In a session of its own it gets no Ctrl-C; this process stops it in order.
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
        if address is not None and address.pid == process.pid:
            ready, _ = await asyncio.to_thread(ask_ready, address.http_url)
            if ready:
                return address
        await asyncio.sleep(POLL_SECONDS)
    raise _not_started(f"it was not ready within {START_SECONDS:g} s:", log_path)


async def _stop(process: Process) -> None:
    """Stop it with SIGTERM; after a time limit kill it with all processes that it started."""
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
        why="\n".join([why, *_end_of_log(log_path)]),
        next_step=f"reelwright doctor   (its log is {log_path})",
        exit_code=ExitCode.DEPENDENCY_DOWN,
    )


def _end_of_log(log_path: Path) -> list[str]:
    """Return the last error text and what follows it, else the last lines."""
    lines = log_path.read_text(errors="replace").splitlines()
    errors = [number for number, line in enumerate(lines) if line.startswith("Error:")]
    return lines[errors[-1] :] if errors else lines[-MOST_LOG_LINES:]
