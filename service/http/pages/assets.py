"""Styles and scripts. Their addresses change with their content, so that browsers may cache them."""

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
"""For pages and scripts: a worker has the policy of its own file."""

_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_DIGEST_LETTERS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Assets:
    """All files by name, and a digest of all of them."""

    files: dict[str, bytes]
    digest: str

    def url(self, name: str) -> str:
        """Return the address of a file."""
        return f"/static/{self.digest}/{name}"


@cache
def assets() -> Assets:
    """Read all files, once."""
    folder = resources.files("service.http.pages") / "static"
    files = dict(sorted((file.name, file.read_bytes()) for file in folder.iterdir() if _media_type(file.name)))
    digest = hashlib.sha256(b"".join(name.encode() + data for name, data in files.items())).hexdigest()
    return Assets(files=files, digest=digest[:_DIGEST_LETTERS])


def routes() -> APIRouter:
    """Return the route of the files. They need no token: the login page uses them, too."""
    router = APIRouter()
    router.add_api_route("/static/{digest}/{name}", _serve, methods=["GET", "HEAD"], include_in_schema=False)
    return router


async def _serve(digest: str, name: str) -> Response:
    current = assets()
    if name not in current.files:
        raise Problem("not_found", f"There is no file {name[:100]!r}")
    # During an upgrade a page of another version gets the current file, and does not cache it.
    cache_control = "public, max-age=31536000, immutable" if digest == current.digest else "no-store"
    headers = {"Cache-Control": cache_control, "Content-Security-Policy": POLICY}
    return Response(current.files[name], media_type=_media_type(name), headers=headers)


def _media_type(name: str) -> str | None:
    return _TYPES.get(f".{name.rpartition('.')[2]}")
