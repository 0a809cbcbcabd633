"""Opens connections: a name is resolved once, all its addresses must be public, and only they are dialled."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable, Sequence
from ipaddress import ip_address

import httpcore

from adapters.outbound.addresses import is_public
from adapters.outbound.target import OPEN_FOR_DEVELOPMENT
from domain.errors import Refused, Unavailable

MOST_ADDRESSES_DIALLED = 4
DEFAULT_CONNECT_SECONDS = 10.0

SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]


class SystemResolver:
    """The resolver of the operating system."""

    async def resolve(self, host: str) -> Sequence[str]:
        """Return the IP addresses of a name, best first. Raises OSError."""
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(address[0]) for *_, address in found))


class TcpDialler:
    """Plain TCP; the connection adds TLS for the name."""

    def __init__(self) -> None:
        self._backend = httpcore.AnyIOBackend()

    async def dial(self, address: str, port: int, *, timeout: float) -> httpcore.AsyncNetworkStream:
        """Connect to an IP address. Raises httpcore.ConnectError or ConnectTimeout."""
        return await self._backend.connect_tcp(address, port, timeout=timeout)


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """The network of httpcore: TLS and the Host header get the name, TCP the checked address."""

    def __init__(self, *, resolver: SystemResolver, dialler: TcpDialler, allow_private: bool) -> None:
        self._resolver = resolver
        self._dialler = dialler
        self._allow_private = allow_private

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002 (httpcore's signature; it passes None)
        socket_options: Iterable[SocketOption] | None = None,  # noqa: ARG002 (likewise)
    ) -> httpcore.AsyncNetworkStream:
        """Connect to one of the host's addresses, in `timeout` seconds for all of them.

        Raises Refused where one of them is not public, Unavailable where the name cannot be resolved.
        """
        deadline = asyncio.get_running_loop().time() + (timeout or DEFAULT_CONNECT_SECONDS)
        addresses = await self._addresses(host, deadline)
        return await self._dial(addresses[:MOST_ADDRESSES_DIALLED], port, deadline)

    async def _addresses(self, host: str, deadline: float) -> Sequence[str]:
        addresses = [host] if _is_address(host) else await self._resolve(host, deadline)
        if not self._allow_private and not all(map(is_public, addresses)):
            raise Refused(f"{host} is not a public address: {OPEN_FOR_DEVELOPMENT}")
        return addresses

    async def _resolve(self, host: str, deadline: float) -> Sequence[str]:
        try:
            async with asyncio.timeout_at(deadline):
                addresses = await self._resolver.resolve(host)
        except (OSError, UnicodeError) as error:
            raise Unavailable(f"the name {host} cannot be resolved") from error
        if not addresses:
            raise Unavailable(f"the name {host} has no address")
        return addresses

    async def _dial(self, addresses: Sequence[str], port: int, deadline: float) -> httpcore.AsyncNetworkStream:
        """Try one address after the other; each gets an equal share of the time that is left."""
        failure: Exception = httpcore.ConnectTimeout()
        for tried, address in enumerate(addresses):
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                break
            try:
                return await self._dialler.dial(address, port, timeout=left / (len(addresses) - tried))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
