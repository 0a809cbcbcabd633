"""One HTTP exchange with the provider: a complete answer, or an error that says if the request was sent."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx

from domain.errors import Unavailable

LARGEST_ANSWER_BYTES = 256 << 20
"""A page of the list repeats a hundred inputs, with their data URLs."""

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request. `new_connection`: do not use an open one, which the provider may close during the request."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] | None = None
    json: object = None
    files: Mapping[str, tuple[str, bytes, str]] | None = None
    new_connection: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiAnswer:
    """A complete answer with any status."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Broken(Unavailable):
    """No complete answer came. `sent` is False where no byte of the request can have reached the provider."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.sent = sent


class Http:
    """Connections to one base URL under one token; no redirects, no retries."""

    def __init__(self, base_url: str, token: str, *, on_status: Callable[[str], None]) -> None:
        self._on_status = on_status
        self.base_url = httpx.URL(base_url.rstrip("/") + "/")
        headers = {"Authorization": f"Bearer {token}", "User-Agent": "reelwright", "Accept": "application/json"}
        # Proxies of the environment are not for a provider on this machine.
        shared: dict[str, Any] = {
            "base_url": self.base_url,
            "headers": headers,
            "timeout": None,
            "trust_env": self.base_url.host not in _LOOPBACK,
            "verify": _trusted(),
        }
        self._pooled = httpx.AsyncClient(**shared)
        closing = {**shared, "headers": {**headers, "Connection": "close"}}
        self._unpooled = httpx.AsyncClient(**closing, limits=httpx.Limits(max_keepalive_connections=0))

    async def send(self, call: Call, *, timeout_seconds: float) -> ApiAnswer:
        """Send the request and read the answer within one time limit. Raises Broken."""
        progress = _Progress()
        client = self._unpooled if call.new_connection else self._pooled
        try:
            async with asyncio.timeout(timeout_seconds):
                answer = await _exchange(client, call, progress)
                self._on_status(str(answer.status))
                return answer
        except TimeoutError as error:
            self._on_status("timeout")
            raise Broken(f"no whole answer within {timeout_seconds:g} s", sent=progress.sent) from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            self._on_status("broken")
            reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            raise Broken(reason, sent=progress.sent) from error

    def is_ours(self, url: str) -> bool:
        """Tell whether the token may be sent to this absolute URL: same scheme, host and port as the base URL."""
        try:
            other = httpx.URL(url)
        except (httpx.InvalidURL, TypeError):
            return False
        return _origin(other) == _origin(self.base_url)

    async def close(self) -> None:
        """Close all connections."""
        await self._pooled.aclose()
        await self._unpooled.aclose()


@cache
def _trusted() -> ssl.SSLContext:
    """Cached: reading all certificates takes 50 ms."""
    return httpx.create_ssl_context()


class _Progress:
    """Follows httpcore's trace of one request."""

    def __init__(self) -> None:
        self.sent = False

    async def __call__(self, event: str, info: Mapping[str, object]) -> None:  # noqa: ARG002 - the form of the hook
        if event.endswith("send_request_headers.started"):
            self.sent = True


async def _exchange(client: httpx.AsyncClient, call: Call, progress: _Progress) -> ApiAnswer:
    request = client.build_request(
        call.method,
        call.path,
        headers=dict(call.headers),
        params=call.params,
        json=call.json,
        files=call.files,
        extensions={"trace": progress},
    )
    response = await client.send(request, stream=True)
    try:
        return ApiAnswer(status=response.status_code, headers=response.headers, body=await _body(response))
    finally:
        await response.aclose()


async def _body(response: httpx.Response) -> bytes:
    parts = bytearray()
    async for part in response.aiter_bytes():
        parts += part
        if len(parts) > LARGEST_ANSWER_BYTES:
            raise httpx.DecodingError(f"the answer is larger than {LARGEST_ANSWER_BYTES} bytes")
    return bytes(parts)


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme)
