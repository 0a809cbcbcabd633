"""The form in which inputs are stored and compared: images and long texts by their SHA-256. Pure.

An image is `{"sha256": …}`, with the `url` of its upload where there is one. A text of more than 1,000 letters, and
every other `data:` URL, is `{"text_sha256": …, "letters": n, "begins": …}`: the hash is that of the folded text, the
same whatever normal form the provider shows. All else is kept as it was sent.
"""

from __future__ import annotations

import hashlib
import html
import json
import unicodedata
from collections.abc import Iterator, Mapping

from adapters.renderers.replicate.mapping import ModelInput, SceneImage, Value, data_url_bytes
from domain.images import JPEG, PNG, WEBP, image_type

LONGEST_KEPT_TEXT = 1000
BEGINNING_LETTERS = 100
LARGEST_KEPT_INPUT = 1 << 20
DEEPEST = 20


def folded(text: str) -> str:
    """Return the text without what a provider may change: normal form, case, space, entities, invisible letters."""
    plain = html.unescape(text)
    if not plain.isascii():
        normal = unicodedata.normalize("NFKC", plain)
        plain = "".join(letter for letter in normal if unicodedata.category(letter) != "Cf")
    return " ".join(plain.casefold().split())


def stored_input(model_input: ModelInput, addresses: Mapping[str, str] | None = None) -> dict[str, object]:
    """Return our own input as it is stored; `addresses` are those of the uploads, by SHA-256."""
    return {name: _stored(value, addresses or {}) for name, value in model_input.items()}


def addresses_in(stored: object) -> dict[str, str]:
    """Return the addresses of the uploads in a stored input, by SHA-256."""
    return {image["sha256"]: image["url"] for image in _images(stored) if "url" in image}


def kept_input(listed: Mapping[str, object] | None) -> tuple[Mapping[str, object] | None, int]:
    """Return a listed input in the same form, with its size as JSON; None for one that is missing or far too large."""
    if not listed:
        return None, 0
    kept = {name: _kept(value, DEEPEST) for name, value in listed.items()}
    size = len(json.dumps(kept, ensure_ascii=False))
    return (kept, size) if size <= LARGEST_KEPT_INPUT else (None, 0)


def texts_in(value: object) -> Iterator[str]:
    """Yield every text in an input."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for part in value.values() if isinstance(value, Mapping) else value:
            yield from texts_in(part)


def _images(value: object) -> Iterator[Mapping[str, str]]:
    if isinstance(value, Mapping) and isinstance(value.get("sha256"), str):
        yield value
    elif isinstance(value, Mapping | list):
        for part in value.values() if isinstance(value, Mapping) else value:
            yield from _images(part)


def _stored(value: Value, addresses: Mapping[str, str]) -> object:
    match value:
        case SceneImage(sha256=None):
            return _stored(value.url, addresses)
        case SceneImage(sha256=str(sha256)):
            return {"sha256": sha256, "url": addresses[sha256]} if sha256 in addresses else {"sha256": sha256}
        case str():
            return _hashed(value) if len(value) > LONGEST_KEPT_TEXT or is_data_url(value) else value
        case list():
            return [_stored(part, addresses) for part in value]
        case dict():
            return {name: _stored(part, addresses) for name, part in value.items()}
        case _:
            return value


def _kept(value: object, deepest: int) -> object:
    if isinstance(value, str):
        hashed = _hashed(value) if len(value) > LONGEST_KEPT_TEXT or is_data_url(value) else value
        return {**hashed, **_content(value)} if isinstance(hashed, dict) and is_data_url(value) else hashed
    if not isinstance(value, Mapping | list):
        return value
    if not deepest:
        return None
    if isinstance(value, list):
        return [_kept(part, deepest - 1) for part in value]
    return {str(name): _kept(part, deepest - 1) for name, part in value.items()}


def is_data_url(text: str) -> bool:
    """Tell whether the text is a `data:` URL."""
    return text[:5].lower() == "data:"


def _hashed(text: str) -> dict[str, object]:
    plain = text if is_data_url(text) else folded(text)
    digest = hashlib.sha256(plain.encode(errors="replace")).hexdigest()
    return {"text_sha256": digest, "letters": len(plain), "begins": plain[:BEGINNING_LETTERS]}


def _content(url: str) -> dict[str, object]:
    """Return the SHA-256 of the image in a `data:` URL, and whether it is a whole one; nothing where it is broken."""
    try:
        content = data_url_bytes(url)
    except ValueError:
        return {}
    return {"sha256": hashlib.sha256(content).hexdigest(), "whole": _is_whole(content)}


def _is_whole(content: bytes) -> bool:
    """Tell whether an image has its end: a `data:` URL that was cut may still be decoded."""
    match image_type(content):
        case kind if kind == PNG:
            return b"IEND" in content[-12:]
        case kind if kind == JPEG:
            return content.rstrip(b"\0").endswith(b"\xff\xd9")
        case kind if kind == WEBP:
            return len(content) >= int.from_bytes(content[4:8], "little") + 8
        case _:
            return False
