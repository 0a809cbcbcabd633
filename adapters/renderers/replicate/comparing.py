"""Compares one field that we sent with what the provider shows of it. Pure.

DIFFERENT is said only of two values that can be compared. A value that is hidden, cut, missing, replaced or of another
kind is UNKNOWN: it says nothing. `kept_input` has the form of both sides.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import unquote

from adapters.renderers.replicate.kept_input import BEGINNING_LETTERS, folded

DISTINCTIVE_LETTERS = 8
"""A shorter text, as `720p` or `16:9`, is equal by chance."""

_HIDDEN_WORDS = frozenset(
    [
        "redacted",
        "hidden",
        "removed",
        "secret",
        "masked",
        "omitted",
        "deleted",
        "filtered",
        "null",
        "none",
        "undefined",
        "placeholder",
        "truncated",
    ]
)
_MASKED = re.compile(r"\*{3,}|•{2,}|█{2,}|[\[<({](?:redacted|hidden|removed|secret|masked|omitted)[\])>}]")
_CUT = re.compile(r"\s*(?:…|\.{3}|\[truncated\]|\(truncated\))\s*")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
_TRUTHS = {"true": 1.0, "false": 0.0}


class Likeness(StrEnum):
    """What a comparison of two values shows."""

    SAME = "same"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """What the provider's files API knows of an upload."""

    name: str
    sha256: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One value of an input. `is_distinctive`: not the same by chance. `is_mark`: it is the upload of our request."""

    likeness: Likeness
    is_distinctive: bool = False
    is_mark: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The uploads at the provider. What is missing in `known` is noted in `wanted`; None in it: it is gone."""

    is_file: Callable[[str], bool]
    mark: str | None = None
    known: Mapping[str, FileFacts | None] = field(default_factory=dict)
    wanted: set[str] = field(default_factory=set)


_DIFFERENT, _UNKNOWN = Leaf(likeness=Likeness.DIFFERENT), Leaf(likeness=Likeness.UNKNOWN)
_SAME, _DISTINCTIVE = Leaf(likeness=Likeness.SAME), Leaf(likeness=Likeness.SAME, is_distinctive=True)
_MARK = Leaf(likeness=Likeness.SAME, is_distinctive=True, is_mark=True)


def leaves(ours: object, theirs: object, files: Files) -> Iterator[Leaf]:
    """Yield the comparison of every value of ours."""
    theirs = _unpacked(ours, theirs)
    match ours:
        case {"sha256": str(sha256), **rest}:
            yield _image(sha256, rest.get("url"), theirs, files)
        case {"text_sha256": str(sha256), "begins": str(begins)}:
            yield _long_text(sha256, begins, theirs)
        case dict():
            shown = theirs if isinstance(theirs, Mapping) else {}
            for name, part in ours.items():
                yield from leaves(part, shown.get(name), files)
        case list():
            yield from _list(ours, theirs, files)
        case str():
            yield _text(ours, theirs, files)
        case bool() | int() | float():
            yield _number(ours, theirs)
        case _:
            yield _SAME if ours == theirs else _UNKNOWN


def _unpacked(ours: object, theirs: object) -> object:
    """Return theirs in the shape of ours, where a list or an object came as text, or one value as a list."""
    if isinstance(ours, list | dict) and isinstance(theirs, str) and theirs.lstrip()[:1] in ("[", "{"):
        try:
            theirs = json.loads(theirs)
        except (ValueError, RecursionError):
            return theirs
    if not isinstance(ours, list) and isinstance(theirs, list) and len(theirs) == 1:
        return theirs[0]
    if isinstance(ours, list) and len(ours) == 1 and theirs is not None and not isinstance(theirs, list):
        return [theirs]
    return theirs


def _list(ours: list[object], theirs: object, files: Files) -> Iterator[Leaf]:
    shown = theirs if isinstance(theirs, list) else []
    if len(shown) > len(ours):
        yield _DIFFERENT  # Nothing is ever added to a list; one that is shorter was cut.
    for place, part in enumerate(ours):
        yield from leaves(part, shown[place] if place < len(shown) else None, files)


def _image(sha256: str, url: object, theirs: object, files: Files) -> Leaf:
    if isinstance(theirs, Mapping):
        if theirs.get("sha256") == sha256:
            return _DISTINCTIVE
        return _DIFFERENT if theirs.get("whole") is True else _UNKNOWN
    if not isinstance(theirs, str):
        return _UNKNOWN
    if isinstance(url, str) and (theirs == url or theirs.strip() == url):
        return _MARK if files.mark else _DISTINCTIVE
    if (isinstance(url, str) and url.startswith(theirs)) or not files.is_file(theirs):
        return _UNKNOWN
    return _file(sha256, theirs, files)


def _file(sha256: str, url: str, files: Files) -> Leaf:
    if url not in files.known:
        files.wanted.add(url)
        return _UNKNOWN
    facts = files.known[url]
    if facts is None:
        return _UNKNOWN
    if files.mark:
        return _MARK if facts.name.startswith(files.mark) else _DIFFERENT
    if facts.sha256 is None:
        return _UNKNOWN
    return _DISTINCTIVE if facts.sha256 == sha256 else _DIFFERENT


def _long_text(sha256: str, begins: str, theirs: object) -> Leaf:
    if isinstance(theirs, Mapping) and isinstance(theirs.get("begins"), str):
        if sha256 == theirs.get("text_sha256"):
            return _DISTINCTIVE
        return _UNKNOWN if theirs["begins"] == begins else _DIFFERENT
    if not isinstance(theirs, str) or _is_hidden(theirs):
        return _UNKNOWN
    shown = _CUT.split(folded(theirs))[0][:BEGINNING_LETTERS]
    return _UNKNOWN if begins.startswith(shown) else _DIFFERENT


def _text(ours: str, theirs: object, files: Files) -> Leaf:
    if isinstance(theirs, bool | int | float):
        return _number(theirs, ours)
    if isinstance(theirs, Mapping) and isinstance(theirs.get("begins"), str):
        if "sha256" in theirs or _is_url(ours):
            return _UNKNOWN  # The image itself in place of its address.
        return _UNKNOWN if theirs["begins"].startswith(folded(ours)[:BEGINNING_LETTERS]) else _DIFFERENT
    if not isinstance(theirs, str):
        return _UNKNOWN
    one, other = folded(ours), folded(theirs)
    if one == other or unquote(one) == unquote(other):
        return _DISTINCTIVE if len(one) >= DISTINCTIVE_LETTERS else _SAME
    if _is_hidden(theirs) or _is_cut(one, other):
        return _UNKNOWN
    if _is_url(one) and (not _is_url(other) or files.is_file(theirs)):
        return _UNKNOWN
    return _DIFFERENT


def _is_hidden(text: str) -> bool:
    """Tell whether a text stands in place of another one."""
    plain = folded(text)
    words = re.findall(r"\w+", plain.replace("_", " "))
    return all(word in _HIDDEN_WORDS for word in words) or _MASKED.search(plain) is not None


def _is_cut(one: str, other: str) -> bool:
    """Tell whether one of two texts may be the other, cut: at its end, its beginning, or in the middle."""
    if one.startswith(other) or other.startswith(one):
        return True
    parts = _CUT.split(other)
    return len(parts) > 1 and one.startswith(parts[0]) and one.endswith(parts[-1])


def _is_url(text: str) -> bool:
    return text[:8].lower().startswith(("http://", "https://"))


def _number(ours: object, theirs: object) -> Leaf:
    """Compare a number or a truth with what may be its text; a fraction may have been rounded."""
    one, other = _figure(ours), _figure(theirs)
    if one is None or other is None:
        return _UNKNOWN
    if one == other or math.isclose(one, other, rel_tol=1e-9):
        return _SAME
    is_rounded = one != int(one) and other in (math.floor(one), math.ceil(one))
    return _UNKNOWN if is_rounded else _DIFFERENT


def _figure(value: object) -> float | None:
    if isinstance(value, bool | int | float):
        figure = float(value)
        return figure if math.isfinite(figure) else None
    if not isinstance(value, str):
        return None
    text = folded(value)
    if text in _TRUTHS:
        return _TRUTHS[text]
    return float(text) if _NUMBER.fullmatch(text) and len(text) < 30 else None  # noqa: PLR2004
