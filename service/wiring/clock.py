"""The clock and the source of new ids for the whole service."""

from __future__ import annotations

from typing import Final

from adapters import clock
from adapters.clock import new_id
from service.clock import Clock

__all__ = ["CLOCK", "new_id"]

CLOCK: Final[Clock] = clock
"""The module itself: its functions are the methods of `Clock`."""
