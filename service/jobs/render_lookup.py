"""The port that asks a renderer for a render that a person found at the provider."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final, Protocol

from domain.errors import NotFound, Unavailable
from domain.rendering import RenderOrder

LONGEST_RENDER_ID: Final = 128
RENDER_ID: Final = re.compile(rf"[A-Za-z0-9][A-Za-z0-9_-]{{0,{LONGEST_RENDER_ID - 1}}}")


class RenderNotFound(NotFound):
    """The provider does not know a render by this id."""


class ProviderUnavailable(Unavailable):
    """The renderer that a render was requested from cannot be asked now."""


class RenderLookup(Protocol):
    """Asks the renderer that an order was given to."""

    async def look(self, render_id: str, order: RenderOrder) -> datetime | None:
        """Return when the render's output expires, by our clock; None where there is none, or where that is not told.

        Raises NotFound where the renderer knows no such id, Unavailable (also where it is not here).
        """


def read_render_id(text: str) -> str:
    """Return a typed render id without the spaces around it. Raises ValueError for what is no such id."""
    found = text.strip()
    if not RENDER_ID.fullmatch(found):
        raise ValueError(
            f"render_id: an id has only letters, digits, - and _, at most {LONGEST_RENDER_ID}; "
            "copy the id alone, not the address of its page"
        )
    return found
