"""The limits of rendering, and what is said when one is reached."""

from __future__ import annotations

from dataclasses import dataclass

from domain.cost import Prices
from domain.retry import RetryPolicy

LISTED_SECONDS = 55 * 60.0
"""The provider's list shows what was asked for an hour; after this we stop trusting its silence."""
UNSHOWN_SECONDS = 5 * 60.0
"""How long after its deadline a render that the provider does not show is still asked for."""
UNREACHABLE_SECONDS = 65 * 60.0
"""How long after its deadline a render is asked for at a provider that does not answer: its output is gone by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderPolicy:
    """The limits of rendering; durations are seconds."""

    retry: RetryPolicy
    prices: Prices
    timeout_seconds: float
    poll_seconds: float
    create_timeout_seconds: float
    settle_seconds: float
    lease_seconds: float
    download_seconds: float
    listed_seconds: float = LISTED_SECONDS
    unshown_seconds: float = UNSHOWN_SECONDS
    unreachable_seconds: float = UNREACHABLE_SECONDS
