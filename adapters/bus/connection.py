"""Connections to NATS that reconnect for ever, and the translation of its errors."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

import structlog
from nats import errors
from nats.aio.client import Client
from nats.js import errors as js_errors

from domain.errors import Refused, Unavailable

CONNECT_SECONDS = 2
RECONNECT_WAIT_SECONDS = 0.25
PING_SECONDS = 10
UNANSWERED_PINGS = 2
CLOSE_SECONDS = 2.0

log = structlog.get_logger(__name__)


async def connect(urls: Sequence[str], *, name: str, wait_seconds: float | None = None) -> Client:
    """Connect to one server of the cluster; after a loss the client reconnects by itself, for ever.

    Waits for a server: for ever, or `wait_seconds`, then raises Unavailable.
    Raises Refused for an address that cannot be read.
    """
    client = Client()
    log_lines = _ConnectionLog(name, is_closing=lambda: client.is_closed or client.is_draining)
    try:
        async with asyncio.timeout(wait_seconds):
            await client.connect(
                servers=list(urls),
                name=name,
                connect_timeout=CONNECT_SECONDS,
                reconnect_time_wait=RECONNECT_WAIT_SECONDS,  # type: ignore[arg-type]  # fractions work
                max_reconnect_attempts=-1,
                ping_interval=PING_SECONDS,
                max_outstanding_pings=UNANSWERED_PINGS,
                error_cb=log_lines.failed,
                disconnected_cb=log_lines.disconnected,
                reconnected_cb=log_lines.reconnected,
                closed_cb=log_lines.closed,
                **login(urls),  # type: ignore[arg-type]  # options of the client
            )
    except TimeoutError as error:
        await close(client)
        raise Unavailable(
            f"NATS does not answer at {_without_credentials(urls)}: {log_lines.last_error or 'no answer'}"
        ) from error
    except (errors.Error, ValueError) as error:
        raise Refused(f"{_without_credentials(urls)} is not an address of a NATS server: {error}") from error
    except BaseException:
        await close(client)
        raise
    return client


async def close(client: Client) -> None:
    """Send waiting messages and close; may be repeated."""
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await client.close()
    except (errors.Error, OSError, RuntimeError) as error:
        # uvloop raises RuntimeError when the client writes to a connection that is gone.
        log.debug("nats_close_failed", error=str(error))


def login(urls: Sequence[str]) -> dict[str, str]:
    """Return `user` and `password`, or `token`, where an address has them percent-encoded; all servers share them.

    The client does not decode them.
    """
    for url in urls:
        parts = urlsplit(url)
        if parts.username is None or "%" not in parts.netloc:
            continue
        if parts.password is None:
            return {"token": unquote(parts.username)}
        return {"user": unquote(parts.username), "password": unquote(parts.password)}
    return {}


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn every error of NATS into one of the domain's; `doing` completes "could not …".

    On Python 3.11 `asyncio.wait_for`, which the client uses, loses a cancellation that comes together with the answer;
    it is raised again here, else a cancelled task would go on for ever.
    """
    task = asyncio.current_task()
    cancelled_before = task.cancelling() if task else 0
    try:
        yield
        if task and task.cancelling() > cancelled_before:
            raise asyncio.CancelledError
    except js_errors.BadRequestError as error:
        raise Refused(f"could not {doing}: {error.description}") from error
    except errors.MaxPayloadError as error:
        raise Refused(f"could not {doing}: the message is larger than the server takes") from error
    except js_errors.APIError as error:
        raise Unavailable(f"could not {doing}: {error.description or 'JetStream does not answer'}") from error
    except (errors.Error, OSError) as error:
        raise Unavailable(f"could not {doing}: {error or type(error).__name__}") from error


class _ConnectionLog:
    """Logs once that a connection is lost and once that it is back, however many tries are in between."""

    def __init__(self, name: str, *, is_closing: Callable[[], bool]) -> None:
        self._is_closing = is_closing
        self._log = log.bind(connection=name)
        self.last_error: Exception | None = None
        self._is_lost = False

    async def failed(self, error: Exception) -> None:
        self.last_error = error
        level = self._log.debug if self._is_lost else self._log.warning
        level("nats_failed", error=str(error) or type(error).__name__)
        self._is_lost = True

    async def disconnected(self) -> None:
        level = self._log.debug if self._is_closing() else self._log.warning
        level("nats_disconnected")
        self._is_lost = True

    async def reconnected(self) -> None:
        self._log.info("nats_reconnected")
        self._is_lost = False

    async def closed(self) -> None:
        self._log.info("nats_connection_closed")


def _without_credentials(urls: Sequence[str]) -> str:
    return ", ".join(url.rpartition("@")[2].removeprefix("nats://") for url in urls)
