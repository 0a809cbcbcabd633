"""One prediction in the provider's books: when it runs, how it ends, what it bills. Times are true seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["succeeded", "failed", "empty"]


@dataclass(slots=True, kw_only=True)
class BookedPrediction:
    """A create that took effect. `token` is our name of the request that it came from: the provider does not see it."""

    number: int
    account: str
    token: str
    job_id: str
    model: str
    version: str | None
    sent: Mapping[str, object]
    created: float
    created_stamp: float
    """The provider's clock at that time, in seconds since the beginning."""
    starts: float
    ends: float
    outcome: Outcome
    cancel_after: float
    ignores_cancels: bool
    bills_every_end: bool
    bills_computing: bool
    cancelled: float | None = None

    @property
    def id(self) -> str:
        """Its id."""
        return f"p{self.number}"

    @property
    def end(self) -> tuple[float, str]:
        """When and how it ends, by all that is known now."""
        own = (self.ends, "failed" if self.outcome == "failed" else "succeeded")
        if self.ignores_cancels:
            return own
        limits = [self.created + self.cancel_after, *([] if self.cancelled is None else [self.cancelled])]
        first = min(limits)
        return own if own[0] <= first else (first, "canceled" if first >= self.starts else "aborted")

    def status_at(self, seconds: float) -> str:
        """Return the status that the API shows."""
        ended, status = self.end
        if ended <= seconds:
            return status
        return "processing" if self.starts <= seconds else "starting"

    def has_ended(self, seconds: float) -> bool:
        """Tell whether it is over."""
        return self.end[0] <= seconds

    @property
    def has_video(self) -> bool:
        """Whether it ends with a video."""
        return self.end[1] == "succeeded" and self.outcome == "succeeded"

    @property
    def ran_seconds(self) -> float:
        """How long it computes until its end."""
        return max(self.end[0] - self.starts, 0.0)

    @property
    def is_billed(self) -> bool:
        """Whether its end costs money: a success always, others as the provider is, a failure where it computed."""
        match self.end[1]:
            case "succeeded":
                return True
            case "failed":
                return self.bills_every_end and self.bills_computing
            case "canceled":
                return self.bills_every_end and self.ran_seconds > 0
            case _:
                return False
