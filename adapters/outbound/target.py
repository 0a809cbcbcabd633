"""The target of a request: a URL parsed once into the parts that are resolved, dialled and sent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

import httpx

from domain.errors import Refused

DEFAULT_PORTS = {"http": 80, "https": 443}
HIGHEST_PORT = 65535
LONGEST_URL = 8192
LONGEST_SHOWN = 200
OPEN_FOR_DEVELOPMENT = "set REELWRIGHT_ALLOW_PRIVATE_HOSTS=true for development"

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*", re.ASCII)
# With such a last label resolvers read the whole name as a number: 0x7f.1, 2130706433, 127.1.
_NUMBER = re.compile(r"(?:\d+|0x[0-9a-f]*)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where to fetch from. `host` is an IP address or an ASCII name, `resource` the path with its query."""

    scheme: str
    host: str
    port: int
    resource: bytes

    @classmethod
    def read(cls, url: str, *, any_port: bool) -> Target:
        """Read an absolute URL. Raises Refused where it is none or is not allowed."""
        return cls._of(_parse(url), any_port=any_port)

    def redirected(self, location: str, *, any_port: bool) -> Target:
        """Read a Location header, which may be relative to this target. Raises Refused, also for https → http."""
        target = self._of(_parse(location, base=self._url()), any_port=any_port)
        if self.scheme == "https" and target.scheme == "http":
            raise Refused(f"{self} redirects from https to http: that is not followed")
        return target

    @classmethod
    def _of(cls, url: httpx.URL, *, any_port: bool) -> Target:
        if url.scheme not in DEFAULT_PORTS:
            raise Refused(f"only http and https addresses are fetched, not {url.scheme[:20]!r}")
        if url.userinfo:
            raise Refused("an address with a user name or password in it is not fetched")
        host = _host(url)
        if url.port is None:
            return cls(scheme=url.scheme, host=host, port=DEFAULT_PORTS[url.scheme], resource=url.raw_path)
        if not any_port:
            raise Refused(f"port {url.port} of {host} is not fetched from: {OPEN_FOR_DEVELOPMENT}")
        if not 0 < url.port <= HIGHEST_PORT:
            raise Refused(f"{url.port} is not a port")
        return cls(scheme=url.scheme, host=host, port=url.port, resource=url.raw_path)

    @property
    def authority(self) -> str:
        """The Host header: the name, an IPv6 address in brackets, and a port that is not the default."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        """Leave out the query, which may hold signatures and tokens."""
        path = self.resource.partition(b"?")[0].decode("ascii", "replace")
        return f"{self.scheme}://{self.authority}{path}"[:LONGEST_SHOWN]

    def _url(self) -> httpx.URL:
        return httpx.URL(f"{self.scheme}://{self.authority}").copy_with(raw_path=self.resource)


def _parse(url: str, *, base: httpx.URL | None = None) -> httpx.URL:
    if len(url) > LONGEST_URL:
        raise Refused(f"an address of more than {LONGEST_URL} characters is not fetched")
    try:
        return httpx.URL(url) if base is None else base.join(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise Refused("not a web address that can be read") from error


def _host(url: httpx.URL) -> str:
    host = url.raw_host.decode("ascii").removesuffix(".")
    try:
        address = ip_address(host)
    except ValueError:
        return _name(host)
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        raise Refused("an address with a zone is not fetched")
    return str(address)


def _name(host: str) -> str:
    if not _NAME.fullmatch(host) or _NUMBER.fullmatch(host.rpartition(".")[2]):
        raise Refused(f"{host[:80]!r} is not a host name")
    return host
