"""What is stored with each order, so that its render is found, recognised and read whatever is configured then."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from adapters.renderers.replicate.model import Endpoint
from adapters.renderers.replicate.profile import PERCENT, Price, Profile


class _Stored(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Reading(_Stored):
    """How the answer of a model is read."""

    output: str = ""
    price: Price | None = None
    log_percent: str = PERCENT
    typical_seconds: float | None = None

    @classmethod
    def of(cls, profile: Profile) -> Self:
        """Return the reading of a profile."""
        return cls(**profile.model_dump(include=set(cls.model_fields)))


class Recall(_Stored):
    """By what a render is recognised: its seed, an upload made for it alone (the mark), or its whole input.

    `mark` is how the names of these uploads begin. `names` and `versions` are those of the model, as far as they were
    known at the request; `asked_at` is the provider's time right before it.
    """

    by: Literal["seed", "mark", "input"] = "input"
    seed_field: str | None = None
    mark: str | None = None
    endpoint: Endpoint | None = None
    deployment: str | None = None
    names: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    reading: Reading | None = None
    asked_at: datetime | None = None

    @classmethod
    def of(cls, stored: Mapping[str, object] | None) -> Self | None:
        """Return what is stored with an order; None where an earlier version stored nothing."""
        if not stored:
            return None
        try:
            return cls.model_validate(stored)
        except ValidationError:
            return None

    @property
    def stored(self) -> dict[str, object]:
        """Return it as JSON."""
        return self.model_dump(mode="json", exclude_none=True)
