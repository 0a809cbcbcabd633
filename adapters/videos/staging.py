"""The folder where renders of this machine wait to be fetched. Its files have `local:` URLs."""

from __future__ import annotations

import re
from pathlib import Path

from domain.errors import Refused

SCHEME = "local:"
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,199}")


class Staging:
    """The files in `folder`: `{token}.mp4` is complete, `*.part` is not."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def video(self, token: str) -> Path:
        """Return where the finished render of `token` is, or will be. Raises Refused for what is no token."""
        if not _TOKEN.fullmatch(token):
            raise Refused(f"Not a render token: {token[:80]!r}")
        return self.folder / f"{token}.mp4"

    def url(self, token: str) -> str:
        """Return its URL for the video store."""
        return f"{SCHEME}{self.video(token).name}"

    def resolve(self, url: str) -> Path:
        """Return the file behind a `local:` URL. Raises Refused for any other URL."""
        name = url.removeprefix(SCHEME)
        if not url.startswith(SCHEME) or not name.endswith(".mp4"):
            raise Refused(f"Not a local video: {url[:80]!r}")
        return self.video(name.removesuffix(".mp4"))
