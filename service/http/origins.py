"""Checks of `Host` and `Origin`: they keep other sites in a browser from using this service."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from service.http.problems import Problem

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
EVERYWHERE: Final = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - compared with, not bound to


class KnownHosts:
    """The names that a `Host` header may have, with any port: forwarded ports differ.

    A page of another site whose name points here (DNS rebinding) sends that name. When the service is bound to every
    address, its own names are not known: with a token any name is allowed, without a token only IP addresses, which
    no site can point elsewhere.
    """

    def __init__(self, bound_to: str, *, with_token: bool) -> None:
        self._known = LOOPBACK | {bound_to.lower().strip("[]")}
        self._everywhere = bound_to in EVERYWHERE
        self._allows_any = self._everywhere and with_token

    def check_host(self, connection: HTTPConnection) -> None:
        """Raise Problem unless the request was sent to a known name."""
        given = connection.headers.get("host", "")
        if not self._allows_any and not self._knows(_hostname(given)):
            raise Problem("unknown_host", f"The header Host is {given[:200]!r}")

    def check_origin(self, connection: HTTPConnection) -> None:
        """Raise Problem when a command comes from a page of another site."""
        origin = connection.headers.get("origin")
        if origin is None:
            return
        host = connection.headers.get("host", "")
        if not origin.startswith(("http://", "https://")) or origin.partition("://")[2].lower() != host.lower():
            raise Problem("foreign_origin", f"The header Origin is {origin[:200]!r}, Host is {host[:200]!r}")

    def _knows(self, name: str) -> bool:
        return name in self._known or (self._everywhere and _is_address(name))


def _hostname(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
