"""One HTTP exchange with the provider: a whole answer, or the knowledge whether the request had left this machine."""

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
"""A page of the list repeats a hundred inputs, data URLs and all."""

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request. With `once` it goes over a new connection: a kept one may be closed just while it is written."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] | None = None
    json: object = None
    files: Mapping[str, tuple[str, bytes, str]] | None = None
    once: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiAnswer:
    """A whole answer, whatever its status."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Broken(Unavailable):
    """No whole answer came. `sent` is False where not a byte of the request can have reached the provider."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.sent = sent


class Http:
    """Connections to one base URL under one token; redirects are not followed, nothing is tried twice."""

    def __init__(self, base_url: str, token: str, *, heard: Callable[[str], None] = lambda _code: None) -> None:
        self._heard = heard
        self.base_url = httpx.URL(base_url.rstrip("/") + "/")
        headers = {"Authorization": f"Bearer {token}", "User-Agent": "reelwright", "Accept": "application/json"}
        # Proxies of the environment are for the way out of a network, never for a provider on this machine.
        shared: dict[str, Any] = {
            "base_url": self.base_url,
            "headers": headers,
            "timeout": None,
            "trust_env": self.base_url.host not in _LOOPBACK,
            "verify": _trusted(),
        }
        self._kept = httpx.AsyncClient(**shared)
        closing = {**shared, "headers": {**headers, "Connection": "close"}}
        self._fresh = httpx.AsyncClient(**closing, limits=httpx.Limits(max_keepalive_connections=0))

    async def send(self, call: Call, *, timeout_seconds: float) -> ApiAnswer:
        """Exchange request and answer within one total time limit. Raises Broken."""
        progress = _Progress()
        client = self._fresh if call.once else self._kept
        try:
            async with asyncio.timeout(timeout_seconds):
                answer = await _exchange(client, call, progress)
                self._heard(str(answer.status))
                return answer
        except TimeoutError as error:
            self._heard("timeout")
            raise Broken(f"no whole answer within {timeout_seconds:g} s", sent=progress.sent) from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            self._heard("broken")
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
        await self._kept.aclose()
        await self._fresh.aclose()


@cache
def _trusted() -> ssl.SSLContext:
    """Reading all certificates takes a twentieth of a second: once is enough."""
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
