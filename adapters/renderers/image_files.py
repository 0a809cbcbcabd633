"""The images that a renderer needs."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class ImageFiles(Protocol):
    """Images of scenes as local files: fetched under guard, or uploaded to the service."""

    async def fetch(self, url: str) -> Path:
        """Return a local file with the image behind an http(s) or data URL, or `/api/images/{sha256}`; cached.

        Raises Refused (no image, a forbidden address, gone for ever), Unavailable (try again).
        """

    def stored(self, sha256: str) -> Path | None:
        """Return the file of an uploaded image."""
