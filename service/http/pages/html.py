"""HTML made from values. Every text and every attribute is escaped here, and only here."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

Child = str | int | None | Iterable["Child"]
Attribute = str | int | float | bool | None

_VOID: Final = frozenset({"br", "img", "input", "link", "meta"})
_BIDI: Final = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
"""Control characters that change the direction of the text beside them."""
_VISIBLE: Final = {
    **{code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\t\n"},
    **dict.fromkeys((*range(0x7F, 0xA0), *_BIDI), "\ufffd"),
}


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def h(name: str, /, *children: Child, **attributes: Attribute) -> Html:
    """Return an element. None and False leave an attribute out; `data_job_id` becomes `data-job-id`."""
    opening = f"<{name}{''.join(_attribute(key, value) for key, value in attributes.items())}>"
    return Html(opening) if name in _VOID else Html(f"{opening}{join(*children)}</{name}>")


def join(*children: Child) -> Html:
    """Return all children one after the other, without those that are None."""
    return Html("".join(map(_child, children)))


def safe(text: str) -> Html:
    """Return text as HTML; control characters become visible signs."""
    return Html(escape(text.translate(_VISIBLE), quote=True))


def _child(child: Child) -> str:
    match child:
        case None:
            return ""
        case Html():
            return child
        case str():
            return safe(child)
        case int():
            return str(child)
        case _:
            return join(*child)


def _attribute(key: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{safe(str(value))}"'
