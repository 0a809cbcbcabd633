"""Images that were uploaded to the service, named by the SHA-256 of their bytes. They are never removed."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from adapters.images.files import move_into_place, part_beside
from adapters.outbound.disk import write_all
from domain.errors import Refused
from domain.images import LARGEST_IMAGE_BYTES

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Uploads:
    """The folder of uploaded images."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, data: bytes) -> str:
        """Check and store an image and return its SHA-256 (hex). Blocks. May be repeated.

        Raises Refused (no image, too large), Unavailable (no space left).
        """
        if len(data) > LARGEST_IMAGE_BYTES:
            raise Refused(f"the image has {len(data)} bytes, at most {LARGEST_IMAGE_BYTES} are taken")
        sha256 = hashlib.sha256(data).hexdigest()
        if self.stored(sha256) is None:
            place = self._folder / sha256
            with part_beside(place) as (part, file):
                write_all(file, data)
                move_into_place(part, file, place)
        return sha256

    def stored(self, sha256: str) -> Path | None:
        """Return the file of an uploaded image; None where there is none or `sha256` is not a SHA-256."""
        if not _SHA256.fullmatch(sha256):
            return None
        path = self._folder / sha256
        return path if path.is_file() else None
