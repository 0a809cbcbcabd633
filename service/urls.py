"""Addresses of servers, which may hold a password: read strictly, so that no part of one is taken for a host, a port
or a path, and shown without it.
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
    """Say what is wrong with an address, in words that hold nothing of it; None: it can be read."""
    scheme, separator, _ = url.partition("://")
    if not separator or scheme.lower() not in schemes:
        return f"an address begins with {' or '.join(f'{one}://' for one in schemes)}"
    parts = _split(url)
    if parts is None or parts.netloc.count("@") > 1 or parts.fragment or "@" in parts.path + parts.query:
        return UNREADABLE
    return None


def without_password(url: str) -> str:
    """Return an address for a person to see, also one without a scheme: that there is a password, and not which one."""
    start = "" if "://" in url else "//"
    parts = _split(start + url)
    if parts is None:
        return HIDDEN
    query = "&".join(
        f"{name}={HIDDEN if _SECRET.search(name) else value}"
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    )
    who = f"{HIDDEN}@" if "@" in parts.netloc else ""
    return parts._replace(netloc=who + _place(parts), query=query, fragment="").geturl().removeprefix(start)


def place_of(url: str) -> str:
    """Return scheme, host, port and path of an address, and nothing else of it."""
    parts = _split(url)
    return HIDDEN if parts is None else f"{parts.scheme}://{_place(parts)}{parts.path}"


def host_of(url: str) -> str | None:
    """Return the host of an address, in lower case; None where it has none."""
    parts = _split(url)
    return None if parts is None else parts.hostname


def is_loopback(host: str | None) -> bool:
    """Tell whether what is sent to a host stays on this machine."""
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _place(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[2]
