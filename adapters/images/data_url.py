"""Images in `data:` URLs (RFC 2397), read strictly."""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import unquote_to_bytes

from domain.errors import Refused

_HEADER = re.compile(
    r"data:image/(?:jpeg|jpg|png|webp)(?:;[a-z0-9-]+=[a-z0-9.+-]+)*(;base64)?", re.ASCII | re.IGNORECASE
)
_LOOSE_PERCENT = re.compile(r"%(?![0-9a-f]{2})", re.ASCII | re.IGNORECASE)


def read_data_url(url: str, *, most_bytes: int) -> bytes:
    """Return the bytes that a data URL holds. Raises Refused where it is malformed, too large or no image."""
    head, comma, body = url.partition(",")
    header = _HEADER.fullmatch(head)
    if not comma or header is None:
        raise Refused("not a data URL of a JPEG, PNG or WebP image")
    # Every byte takes one character at least, at most three where it is percent-encoded.
    if len(body) > 4 * most_bytes:
        raise Refused(f"the image in the data URL has more than {most_bytes} bytes")
    if not body.isascii() or _LOOSE_PERCENT.search(body):
        raise Refused("the data URL is not encoded properly")
    data = unquote_to_bytes(body)
    if header.group(1):
        try:
            data = base64.b64decode(data, validate=True)
        except binascii.Error as error:
            raise Refused("the data URL is not proper base64") from error
    if len(data) > most_bytes:
        raise Refused(f"the image in the data URL has more than {most_bytes} bytes")
    return data
