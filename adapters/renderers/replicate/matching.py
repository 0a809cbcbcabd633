"""Whose a listed render is: ours, surely another's, or nobody can tell. Pure.

1. A mark of ours decides alone: the address of an upload that was made for this request, or an upload with its name.
2. A seed decides alone, since it is made from the token of the request: equal is OURS, different is OTHER, whatever
   name or version of the model is listed.
3. Without one of them, one value that can be compared and differs makes it OTHER, even if all else is missing.
4. A render of surely another model (both names known, published and different) in which no text and no image of ours
   is recognised is OTHER.
5. Only an order that is recognised by its input is OURS by its input: every value of it is shown and the same. Further
   fields are defaults of the model. Under the name of another model the same input is UNCLEAR.
6. All else is UNCLEAR, never OTHER: what is hidden, cut, replaced, rounded, missing, or of another kind says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from adapters.renderers.replicate.comparing import FileFacts, Files, Leaf, Likeness, leaves
from adapters.renderers.replicate.kept_input import addresses_in, texts_in
from adapters.renderers.replicate.recall import Recall

_PUBLISHED_VERSION = re.compile(r"[0-9a-f]{64}")
_PUBLISHED_NAME = re.compile(r"[^/\s]+/[^/\s]+")


class Verdict(StrEnum):
    """OURS: created by our request. OTHER: surely not. UNCLEAR: nobody can tell."""

    OURS = "ours"
    OTHER = "other"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRender:
    """What is kept of a render in the provider's list; `created_at` by the provider's clock, `input` as kept."""

    id: str
    model: str | None = None
    version: str | None = None
    deployment: str | None = None
    created_at: datetime | None = None
    input: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The render that is looked for: what was stored of its input, and how it is recognised."""

    input: Mapping[str, object]
    recall: Recall

    @property
    def mark(self) -> str | None:
        """Return how the names of the uploads for this request begin."""
        return self.recall.mark if self.recall.by == "mark" else None


def verdict_of(
    wanted: Wanted,
    listed: ShownRender,
    *,
    is_file: Callable[[str], bool],
    known: Mapping[str, FileFacts | None] | None = None,
) -> tuple[Verdict, frozenset[str]]:
    """Return whose a render is, and the uploads that would have to be known for a better answer."""
    shown = listed.input or {}
    if wanted.mark and not set(addresses_in(wanted.input).values()).isdisjoint(texts_in(shown)):
        return Verdict.OURS, frozenset()
    files = Files(is_file=is_file, mark=wanted.mark, known=known or {})
    seed = wanted.recall.seed_field if wanted.recall.by == "seed" else None
    if seed is not None and isinstance(wanted.input.get(seed), int):
        (leaf,) = leaves(wanted.input[seed], shown.get(seed), files)
        if leaf.likeness is not Likeness.UNKNOWN:
            return (Verdict.OURS if leaf.likeness is Likeness.SAME else Verdict.OTHER), frozenset()
    found = [leaf for name, ours in wanted.input.items() for leaf in leaves(ours, shown.get(name), files)]
    verdict = _verdict(wanted.recall, found, kinship(wanted.recall, listed))
    return verdict, frozenset() if verdict is Verdict.OTHER else frozenset(files.wanted)


def _verdict(recall: Recall, found: list[Leaf], kin: Likeness) -> Verdict:
    if any(leaf.is_mark for leaf in found):
        return Verdict.OURS
    if any(leaf.likeness is Likeness.DIFFERENT for leaf in found):
        return Verdict.OTHER
    is_same = bool(found) and all(leaf.likeness is Likeness.SAME for leaf in found)
    if kin is Likeness.DIFFERENT:
        return Verdict.UNCLEAR if any(leaf.is_distinctive for leaf in found) or is_same else Verdict.OTHER
    return Verdict.OURS if is_same and recall.by == "input" else Verdict.UNCLEAR


def kinship(recall: Recall, listed: ShownRender) -> Likeness:
    """Tell whether a render is of the model of an order; DIFFERENT only where both are known and published."""
    if recall.deployment is not None and listed.deployment is not None:
        asked = recall.deployment.casefold()
        is_same = listed.deployment.casefold() in (asked, asked.partition("/")[2])
        return Likeness.SAME if is_same else Likeness.DIFFERENT
    if listed.version in recall.versions:
        return Likeness.SAME
    is_pinned = recall.endpoint == "version" and bool(recall.versions)
    if is_pinned and listed.version and _PUBLISHED_VERSION.fullmatch(listed.version):
        return Likeness.DIFFERENT
    if not recall.names or listed.model is None or not _PUBLISHED_NAME.fullmatch(listed.model):
        return Likeness.UNKNOWN
    if listed.model.casefold() in recall.names:
        return Likeness.SAME
    # The model of a deployment may have been exchanged since.
    return Likeness.UNKNOWN if recall.deployment is not None else Likeness.DIFFERENT
