"""The image of a storyboard: at an address that the provider fetches, or in the approval, so that it is uploaded."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping

from adapters.renderers.replicate.kept_input import is_data_url, texts_in
from adapters.renderers.replicate.mapping import data_url_bytes

IMAGES = "https://images.example/"
_PNG = b"\x89PNG\r\n\x1a\n"


def image_url(storyboard: str, *, is_uploaded: bool) -> str:
    """Return the address of the image of a storyboard."""
    if not is_uploaded:
        return f"{IMAGES}{storyboard}.png"
    return f"data:image/png;base64,{base64.b64encode(_PNG + storyboard.encode()).decode()}"


def image_in(sent: Mapping[str, object], files: Mapping[str, str]) -> str:
    """Return what the image of an input is, the same for equal images; `files` are the contents of uploads, by URL."""
    for text in texts_in(sent):
        if is_data_url(text):
            return hashlib.sha256(data_url_bytes(text)).hexdigest()
        if text.startswith(IMAGES) or text in files:
            return files.get(text, text)
    return ""
