"""Where a renderer finds the images of scenes."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class ImageFiles(Protocol):
    """Images of scenes as local files: fetched from outside under guard, or uploaded to the service before."""

    async def fetch(self, url: str) -> Path:
        """Return a local file with the image behind an http(s) or data URL, or `/api/images/{sha256}`; cached.

        Raises Refused (no image, a forbidden address, gone for ever), Unavailable (try again).
        """

    def stored(self, sha256: str) -> Path | None:
        """Return the file of an uploaded image."""
