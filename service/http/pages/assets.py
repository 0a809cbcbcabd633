"""Styles and scripts, under addresses that change with their content, so that browsers may keep them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from service.http.problems import Problem

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""For pages and for scripts: a worker lives under the policy of its own file."""

_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_DIGEST_LETTERS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Assets:
    """All files by name, and a digest over them."""

    files: dict[str, bytes]
    digest: str

    def url(self, name: str) -> str:
        """Return where a file is served."""
        return f"/static/{self.digest}/{name}"


@cache
def assets() -> Assets:
    """Read the files once."""
    folder = resources.files("service.http.pages") / "static"
    found = sorted((file.name, file.read_bytes()) for file in folder.iterdir() if _type(file.name))
    digest = hashlib.sha256(b"".join(name.encode() + data for name, data in found)).hexdigest()
    return Assets(files=dict(found), digest=digest[:_DIGEST_LETTERS])


def routes() -> APIRouter:
    """Return the route of the files. They hold no secret, so that the login page has them, too."""
    router = APIRouter()
    router.add_api_route("/static/{digest}/{name}", _give, methods=["GET", "HEAD"], include_in_schema=False)
    return router


async def _give(digest: str, name: str) -> Response:
    known = assets()
    if name not in known.files:
        raise Problem("not_found", f"There is no file {name[:100]!r}")
    # A page of another version, during an upgrade, gets what there is now, and does not keep it.
    cache_control = "public, max-age=31536000, immutable" if digest == known.digest else "no-store"
    headers = {"Cache-Control": cache_control, "Content-Security-Policy": POLICY}
    return Response(known.files[name], media_type=_type(name), headers=headers)


def _type(name: str) -> str | None:
    return _TYPES.get(f".{name.rpartition('.')[2]}")
