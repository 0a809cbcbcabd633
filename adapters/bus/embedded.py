"""The embedded nats-server of a data directory: one process runs it, all that share the directory use it."""

from __future__ import annotations

import asyncio
import signal
import time
from asyncio.subprocess import Process
from pathlib import Path

import structlog

from adapters.bus import nats_process
from adapters.bus.file_lock import FileLock
from adapters.bus.nats_folder import USUAL_PORT, NatsFolder, free_port
from domain.errors import Unavailable

POLL_SECONDS = 0.25
SHORTEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.1, 5.0
SETTLED_SECONDS = 30.0
LEFTOVER_SECONDS = 10.0
START_SECONDS = 90.0
PORTS_TRIED = 5

log = structlog.get_logger(__name__)


class EmbeddedNats:
    """Runs a server on 127.0.0.1, or uses the one that another process runs, and takes over when that process ends.

    `port` None: the last port, else 4222, else a free one; 0: the last port, else a free one.
    """

    def __init__(self, data_dir: Path, port: int | None = None) -> None:
        self._folder = NatsFolder(data_dir)
        self._wanted_port = port
        self._server_lock = FileLock(self._folder.lock)
        self._process: Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._ready: asyncio.Future[None] | None = None

    @property
    def url(self) -> str:
        """The address with the password; it stays the same while any of the processes lives."""
        url = self._folder.url
        if url is None:
            raise Unavailable(f"no nats-server has run in {self._folder.path}")
        return url

    @property
    def pid(self) -> int | None:
        """The server's process id; None while it is down, or run by another process."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self) -> str:
        """Make sure that a server runs and return its URL. Raises Unavailable, Refused."""
        self._folder.make()
        self._ready = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._run_or_wait(self._ready), name="embedded-nats")
        try:
            async with asyncio.timeout(START_SECONDS):
                await asyncio.wait([self._task, self._ready], return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError as error:
            await self.stop()
            raise Unavailable(f"the embedded nats-server is not ready, see {self._folder.log}") from error
        except BaseException:
            await self.stop()
            raise
        if self._task.done():
            await self._task
        return self.url

    async def wait(self) -> None:
        """Wait for the end of the task; raises what ended it."""
        if self._task is not None:
            await asyncio.shield(self._task)

    async def stop(self) -> None:
        """Stop the server if we run it; may be repeated."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
            if not task.cancelled() and (error := task.exception()) is not None:
                log.error("embedded_nats_failed", error=str(error))

    async def _run_or_wait(self, ready: asyncio.Future[None]) -> None:
        try:
            while not self._server_lock.take():
                port = None if ready.done() else self._folder.port
                if port is not None and await nats_process.answers(port, self._folder.server_name):
                    ready.set_result(None)
                await asyncio.sleep(POLL_SECONDS)
            await self._run(ready)
        finally:
            await self._end()
            self._server_lock.release()

    async def _run(self, ready: asyncio.Future[None]) -> None:
        """Restart the server whenever it ends; only the first start may look for a port."""
        if ready.done():
            log.info("embedded_nats_taken_over", port=self._folder.port)
        else:
            await self._launch_first()
            ready.set_result(None)
        wait = SHORTEST_WAIT_SECONDS
        while True:
            began = time.monotonic()
            if self._process is not None:
                code = await self._process.wait()
                log.error("embedded_nats_ended", exit_code=code, log=str(self._folder.log))
            if time.monotonic() - began > SETTLED_SECONDS:
                wait = SHORTEST_WAIT_SECONDS
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT_SECONDS)
            await self._launch_again()

    async def _launch_first(self) -> None:
        for tried in range(PORTS_TRIED):
            port = self._first_port() if tried == 0 else free_port()
            if await self._launch(port):
                return
            log.warning("embedded_nats_port_refused", port=port)
        raise Unavailable(f"the embedded nats-server does not start, see {self._folder.log}")

    async def _launch_again(self) -> None:
        try:
            await self._launch(self._folder.port or free_port())
        except Unavailable as error:
            log.warning("embedded_nats_not_started", reason=str(error))
            await self._end()

    async def _launch(self, port: int) -> bool:
        """Start the server and wait until it answers; False where it ended instead."""
        store = FileLock(self._folder.store_lock)
        await self._end_leftover(store)
        try:
            self._folder.write_config(port)
            self._process = await nats_process.spawn(self._folder.config, inherits=store.descriptor)
        finally:
            store.release()
        self._folder.remember(pid=self._process.pid)
        if not await nats_process.wait_until_ready(self._process, port, self._folder.server_name):
            return False
        self._folder.remember(port=port)
        log.info("embedded_nats_started", port=port, pid=self._process.pid)
        return True

    async def _end_leftover(self, store: FileLock) -> None:
        """End a server of an earlier process. It holds the lock of the store, which two servers would damage."""
        await self._end()
        for how in (signal.SIGTERM, signal.SIGKILL):
            deadline = time.monotonic() + LEFTOVER_SECONDS
            signalled = False
            while not store.take():
                if not signalled and (pid := self._folder.pid) is not None:
                    log.warning("embedded_nats_left_behind", pid=pid, signal=how.name)
                    await nats_process.end_leftover(pid, self._folder.config, how)
                    signalled = True
                if time.monotonic() > deadline:
                    break
                await asyncio.sleep(nats_process.POLL_SECONDS)
            else:
                return
        raise Unavailable(f"another nats-server uses {self._folder.path} and does not end")

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            await nats_process.end(process)

    def _first_port(self) -> int:
        if self._wanted_port:
            return self._wanted_port
        return self._folder.port or free_port(None if self._wanted_port == 0 else USUAL_PORT)
