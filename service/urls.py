"""Addresses of servers, which may hold a password.

They are read strictly, so that no part of a password is taken for a host, a port or a path, and shown without it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import SplitResult, parse_qsl, urlsplit

HIDDEN = "(hidden)"
UNREADABLE = (
    "it cannot be read. In a user name or a password write % as %25, @ as %40, : as %3A, / as %2F, ? as %3F, "
    "# as %23, [ as %5B, ] as %5D, a comma as %2C"
)
_SECRET = re.compile(r"pass|secret|token|key", re.IGNORECASE)


def fault_of(url: str, *, schemes: Sequence[str]) -> str | None:
    """Return what is wrong with an address, without quoting any part of it; None where it can be read."""
    scheme, separator, _ = url.partition("://")
    if not separator or scheme.lower() not in schemes:
        return f"an address begins with {' or '.join(f'{one}://' for one in schemes)}"
    parts = _split(url)
    if parts is None or parts.netloc.count("@") > 1 or parts.fragment or "@" in parts.path + parts.query:
        return UNREADABLE
    return None


def without_password(url: str) -> str:
    """Return an address, with or without a scheme, for a person to see: passwords and other secrets are hidden."""
    start = "" if "://" in url else "//"
    parts = _split(start + url)
    if parts is None:
        return HIDDEN
    query = "&".join(
        f"{name}={HIDDEN if _SECRET.search(name) else value}"
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    )
    login = f"{HIDDEN}@" if "@" in parts.netloc else ""
    return parts._replace(netloc=login + _host_and_port(parts), query=query, fragment="").geturl().removeprefix(start)


def place_of(url: str) -> str:
    """Return only scheme, host, port and path of an address."""
    parts = _split(url)
    return HIDDEN if parts is None else f"{parts.scheme}://{_host_and_port(parts)}{parts.path}"


def host_of(url: str) -> str | None:
    """Return the host of an address, in lower case; None where it has none."""
    parts = _split(url)
    return None if parts is None else parts.hostname


def is_loopback(host: str | None) -> bool:
    """Return whether a host is this machine."""
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for a wrong port
    except ValueError:
        return None
    return parts


def _host_and_port(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[2]
