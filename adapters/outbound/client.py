"""The guarded client, directly on httpcore: no cookies, no credentials, no proxies, no URL in a log."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import httpcore
import httpx

from adapters.outbound.answer import Answer
from adapters.outbound.failures import CONNECTION_ERRORS, connection_error, status_error
from adapters.outbound.limits import RequestLimits
from adapters.outbound.network import GuardedNetwork, SystemResolver, TcpDialler
from adapters.outbound.target import Target
from domain.errors import Refused

MOST_REDIRECTS = 3
MOST_CONNECTIONS = 256

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_OK = (200,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """Asks for the rest of a file from `offset` on, if it still has the strong entity tag `etag`."""

    offset: int
    etag: str


class Outbound:
    """Fetches http and https URLs that somebody else named.

    Each request has a connection of its own, so that its host is resolved and checked each time.
    """

    def __init__(
        self,
        *,
        allow_private: bool = False,
        resolver: SystemResolver | None = None,
        dialler: TcpDialler | None = None,
        tls: ssl.SSLContext | None = None,
        limits: RequestLimits | None = None,
    ) -> None:
        self._allow_private = allow_private
        self._limits = limits or RequestLimits()
        network = GuardedNetwork(
            resolver=resolver or SystemResolver(), dialler=dialler or TcpDialler(), allow_private=allow_private
        )
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls or httpx.create_ssl_context(trust_env=False),
            max_connections=MOST_CONNECTIONS,
            max_keepalive_connections=0,
            network_backend=network,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections."""
        await self._pool.aclose()

    @asynccontextmanager
    async def get(
        self, url: str, *, resume: Resume | None = None, accept: Collection[int] = _OK
    ) -> AsyncIterator[Answer]:
        """Send a GET and yield the answer, with a status of `accept`; up to 3 redirects are followed.

        Raises Refused (a forbidden address, 4xx) or Unavailable (DNS, connection, 408, 425, 429, 5xx).
        """
        target = Target.read(url, any_port=self._allow_private)
        for _ in range(MOST_REDIRECTS + 1):
            async with self._send(target, resume) as response:
                headers = httpx.Headers(response.headers)
                location = headers.get("location") if response.status in _REDIRECTS else None
                if location is None:
                    if response.status not in accept:
                        raise status_error(response.status, target, retry_after=headers.get("retry-after"))
                    yield Answer(response=response, headers=headers, target=target, limits=self._limits)
                    return
            target = target.redirected(location, any_port=self._allow_private)
        raise Refused(f"more than {MOST_REDIRECTS} redirects, the last one to {target}")

    @asynccontextmanager
    async def _send(self, target: Target, resume: Resume | None) -> AsyncIterator[httpcore.Response]:
        url = httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.resource)
        limits = self._limits
        timeouts = {
            "pool": limits.answer_seconds,
            "connect": limits.connect_seconds,
            "read": limits.read_seconds,
            "write": limits.read_seconds,
        }
        request = self._pool.stream("GET", url, headers=_headers(target, resume), extensions={"timeout": timeouts})
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(limits.answer_seconds):
                    response = await stack.enter_async_context(request)
            except CONNECTION_ERRORS as error:
                raise connection_error(error, target) from error
            yield response


def _headers(target: Target, resume: Resume | None) -> list[tuple[str, str]]:
    """All headers that are ever sent: nothing else can leak."""
    headers = [
        ("Host", target.authority),
        ("User-Agent", "reelwright"),
        ("Accept", "*/*"),
        ("Accept-Encoding", "identity"),
        ("Connection", "close"),
    ]
    if resume is not None:
        headers += [("Range", f"bytes={resume.offset}-"), ("If-Range", resume.etag)]
    return headers
