"""The limits of rendering."""

from __future__ import annotations

from dataclasses import dataclass

from domain.cost import Prices
from domain.retry import RetryPolicy

TIMEOUT = "Video rendering timeout"

LISTED_SECONDS = 55 * 60.0
"""The provider's list shows the input for an hour; after this time an absent render proves nothing."""
NOT_FOUND_SECONDS = 5 * 60.0
"""How long after its deadline a render is polled that the provider does not show."""
UNREACHABLE_SECONDS = 65 * 60.0
"""How long after its deadline a render is polled at a provider that does not answer: its output has expired then."""

FAILING_SECONDS = 60.0
"""How long a worker sees nothing but failed polls before it believes its clock that one of these times is over."""
MOST_ABSENCES = 3
"""After so many conclusions "not created" for one token a person is asked."""


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
    failing_seconds: float = FAILING_SECONDS
