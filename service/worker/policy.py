"""The limits of rendering."""

from __future__ import annotations

from dataclasses import dataclass

from domain.cost import Prices
from domain.retry import RetryPolicy

LISTED_SECONDS = 55 * 60.0
"""The provider's list shows the input for an hour; after this time an absent render proves nothing."""
NOT_FOUND_SECONDS = 5 * 60.0
"""How long after its deadline a render is polled that the provider does not show."""
UNREACHABLE_SECONDS = 65 * 60.0
"""How long after its deadline a render is polled at a provider that does not answer: its output has expired then."""


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
    not_found_seconds: float = NOT_FOUND_SECONDS
    unreachable_seconds: float = UNREACHABLE_SECONDS
