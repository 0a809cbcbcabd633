"""The provider's truth: accounts, predictions, and its clock."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.simulation.provider.prediction import BookedPrediction, Outcome
from tests.simulation.provider.temperament import Temperament

BEGINNING = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
"""The time of day at virtual second 0, on a clock that is right."""
ACCOUNTS = {"token-one": "acme", "token-two": "acme", "token-three": "other"}
"""The account of each token: the first two are keys of the same one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateRequest:
    """A create as it arrives, and which of our requests it came from."""

    account: str
    model: str
    version: str | None
    sent: Mapping[str, object]
    cancel_after: float
    token: str
    job_id: str
    bills_computing: bool


@dataclass(kw_only=True)
class Books:
    """Every prediction that was created, and every create that arrived."""

    temperament: Temperament
    time: Callable[[], float]
    chance: random.Random
    predictions: list[BookedPrediction] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    """The SHA-256 of every upload, by its address."""
    ahead_seconds: float = 0.0

    def now(self) -> datetime:
        """Return the time on the provider's clock."""
        return BEGINNING + timedelta(seconds=self.stamp())

    def stamp(self) -> float:
        """Return the provider's clock as seconds since the beginning."""
        return self.time() + self.ahead_seconds

    def create(self, request: CreateRequest) -> BookedPrediction:
        """Create a prediction, or return the one of an equal input where the gateway takes them as one."""
        if self.temperament.same_ids and (known := self._equal(request)) is not None:
            return known
        now, temperament = self.time(), self.temperament
        starts = now + temperament.starting_seconds
        made = BookedPrediction(
            number=len(self.predictions) + 1,
            account=request.account,
            token=request.token,
            job_id=request.job_id,
            model=request.model,
            version=request.version,
            sent=request.sent,
            created=now,
            created_stamp=self.stamp(),
            starts=starts,
            ends=starts + temperament.render_seconds * self.chance.uniform(0.8, 1.3),
            outcome=self._outcome(),
            cancel_after=request.cancel_after,
            ignores_cancels=temperament.ignores_cancels,
            bills_every_end=temperament.bills_every_end,
            bills_computing=request.bills_computing,
        )
        self.predictions.append(made)
        return made

    def created_for(self, token: str) -> str | None:
        """Return the id of the newest prediction that came from a request of ours: what a person sees on its page."""
        return next((one.id for one in reversed(self.predictions) if one.token == token), None)

    def _outcome(self) -> Outcome:
        draw = self.chance.random()
        if draw < self.temperament.failing:
            return "failed"
        return "empty" if draw < self.temperament.failing + self.temperament.empty else "succeeded"

    def _equal(self, request: CreateRequest) -> BookedPrediction | None:
        wanted = (request.account, request.model, json.dumps(request.sent, sort_keys=True))
        same = (
            one for one in self.predictions if (one.account, one.model, json.dumps(one.sent, sort_keys=True)) == wanted
        )
        return next(same, None)

    def visible(self, account: str, number: int) -> BookedPrediction | None:
        """Return a prediction of an account that a question by its id shows already."""
        if not 1 <= number <= len(self.predictions):
            return None
        found = self.predictions[number - 1]
        since = self.time() - found.created
        return found if found.account == account and since >= self.temperament.hidden_seconds else None

    def listed(self, account: str) -> list[BookedPrediction]:
        """Return what the list of an account has by now, newest first."""
        latest = self.time() - self.temperament.list_lag_seconds
        return [one for one in reversed(self.predictions) if one.account == account and one.created <= latest]

    def is_removed(self, one: BookedPrediction) -> bool:
        """Tell whether the data of a prediction were removed."""
        return one.end[0] + self.temperament.removal_seconds <= self.time()
