"""Runs the fake provider: as a command until it is stopped, or inside a test."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import uvicorn

from adapters.fake_provider.app import make_app
from adapters.fake_provider.faults import Faults
from adapters.fake_provider.state import ProviderState, new_state
from adapters.fake_provider.wire import ClosableProtocol

STOP_SECONDS = 1


def run(
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    faults: Faults | None = None,
    books: Path | None = None,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM. Port 0 takes a free one; `on_ready` gets the base URL of the API.

    With `books` every create is appended to that file, and a new run has the renders of the last one.
    """
    state = new_state(faults, books=books)
    with _listening(host, port) as listener:
        state.base_url = _url(listener)
        if on_ready is not None:
            on_ready(f"{state.base_url}/v1")
        uvicorn.Server(_config(state)).run(sockets=[listener])


@asynccontextmanager
async def serving(state: ProviderState, *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve in this event loop while the context is open; yield the base URL of the API."""
    with _listening(host, port) as listener:
        state.base_url = _url(listener)
        server = _Embedded(_config(state))
        # No task group: it would wrap the exceptions of the caller.
        serve = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"{state.base_url}/v1"
        finally:
            server.should_exit = True
            await serve


class _Embedded(uvicorn.Server):
    """A server that leaves the signals alone."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def _config(state: ProviderState) -> uvicorn.Config:
    return uvicorn.Config(
        make_app(state),
        http=ClosableProtocol,
        ws="none",
        lifespan="off",
        log_level="critical",
        access_log=False,
        date_header=False,
        timeout_graceful_shutdown=STOP_SECONDS,
    )


@contextmanager
def _listening(host: str, port: int) -> Generator[socket.socket, None, None]:
    listener = socket.create_server((host, port), backlog=512)
    listener.setblocking(False)
    with listener:
        yield listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://{host}:{port}"
