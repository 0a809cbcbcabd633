"""Compares the input that a prediction echoes with what we would send. Pure.

The provider may order fields differently, add defaults, and name the same image by another URL. It does not change a
value that was sent.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from adapters.renderers.replicate.mapping import ModelInput, SceneImage, Value, data_url_bytes


class Verdict(StrEnum):
    """OURS: the same input. OTHER: another one. UNCLEAR: nothing differs, but something cannot be compared."""

    OURS = "ours"
    OTHER = "other"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A verdict. OURS holds only if each of `files` (SHA-256, URL at the provider) has that content."""

    verdict: Verdict
    files: tuple[tuple[str, str], ...] = ()


_OURS, _OTHER, _UNCLEAR = (Comparison(verdict=verdict) for verdict in Verdict)


def compare(
    model_input: ModelInput,
    echoed: Mapping[str, object] | None,
    *,
    seed_field: str | None,
    is_file: Callable[[str], bool],
) -> Comparison:
    """Compare what we would send with what the provider echoes.

    A seed is made from the token of the request, so it alone decides where there is one.
    """
    if not echoed:
        return _UNCLEAR if model_input else _OURS
    if seed_field is not None and seed_field in model_input and seed_field in echoed:
        return _all([_leaf(model_input[seed_field], echoed[seed_field])])
    if any(name not in echoed for name in model_input):
        return _OTHER
    return _all(_value(value, echoed[name], is_file) for name, value in model_input.items())


def _value(ours: Value, theirs: object, is_file: Callable[[str], bool]) -> Comparison:
    match ours:
        case SceneImage():
            return _image(ours, theirs, is_file)
        case list():
            if not isinstance(theirs, list) or len(theirs) != len(ours):
                return _OTHER
            return _all(_value(one, other, is_file) for one, other in zip(ours, theirs, strict=True))
        case dict():
            if not isinstance(theirs, Mapping) or any(name not in theirs for name in ours):
                return _OTHER
            return _all(_value(part, theirs[name], is_file) for name, part in ours.items())
        case _:
            return _leaf(ours, theirs)


def _leaf(ours: Value, theirs: object) -> Comparison:
    if isinstance(ours, bool) or isinstance(theirs, bool):
        same = ours is theirs
    elif isinstance(ours, int | float) and isinstance(theirs, int | float):
        same = ours == theirs or math.isclose(ours, theirs, rel_tol=1e-9)
    elif isinstance(ours, str) and isinstance(theirs, str):
        same = ours.split() == theirs.split()
    else:
        same = ours == theirs
    return _OURS if same else _OTHER


def _image(ours: SceneImage, theirs: object, is_file: Callable[[str], bool]) -> Comparison:
    if ours.sha256 is None:
        return _OURS if ours.url == theirs else _OTHER
    if not isinstance(theirs, str):
        return _UNCLEAR
    if theirs == ours.url:
        return _OURS
    if theirs[:5].lower() == "data:":
        return _content(ours.sha256, theirs)
    if is_file(theirs):
        return Comparison(verdict=Verdict.OURS, files=((ours.sha256, theirs),))
    return _UNCLEAR


def _content(sha256: str, url: str) -> Comparison:
    try:
        content = data_url_bytes(url)
    except ValueError:
        return _UNCLEAR
    return _OURS if hashlib.sha256(content).hexdigest() == sha256 else _OTHER


def _all(parts: Iterable[Comparison]) -> Comparison:
    """One OTHER makes all OTHER, else one UNCLEAR makes all UNCLEAR."""
    seen = list(parts)
    for verdict in (Verdict.OTHER, Verdict.UNCLEAR):
        if any(part.verdict is verdict for part in seen):
            return Comparison(verdict=verdict)
    return Comparison(verdict=Verdict.OURS, files=tuple(file for part in seen for file in part.files))
