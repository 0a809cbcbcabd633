"""The settings that a simulated process is started with, and those that a deploy may bring."""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from adapters.renderers.replicate.profile import Length, Price, Profile
from domain.cost import Prices

LEASE_SECONDS = 10.0
CREATE_TIMEOUT_SECONDS = 10.0
SETTLE_SECONDS = 30.0
RENDER_TIMEOUT_SECONDS = 120.0
POLL_SECONDS = 5.0
BACKOFF_SECONDS = 5.0
DOWNLOAD_SECONDS = 600.0
NOT_FOUND_SECONDS = 60.0
UNREACHABLE_SECONDS = 240.0

_SEEDED = Profile(
    inputs={"image_urls": "images", "prompt": "prompt", "seed": "seed"},
    length=Length(field="duration", allowed=(5, 10), rounding="up"),
    price=Price(amount=Decimal("0.25"), per="second"),
)
PROFILES: dict[str, Profile] = {
    "plain": Profile(),
    "worded": Profile(
        inputs={"image_urls": "images", "prompt": "prompt"}, length=Length(field="duration", rounding="up")
    ),
    "seeded": _SEEDED,
    "metered": Profile(
        inputs={"image_urls": "images", "prompt": "prompt"},
        price=Price(amount=Decimal("0.001"), per="predict_second", metric="predict_time"),
    ),
}
MODELS = ("vendor/film", "vendor/film-pro")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """The settings in use."""

    renderer: Literal["replicate", "slideshow"] = "replicate"
    profile: str = "worded"
    model: str = MODELS[0]
    token: str = "token-one"
    max_retries: int = 2
    price_per_second: Decimal = Decimal("0.10")

    @property
    def prices(self) -> Prices:
        """What is paid: by the profile, else by the setting."""
        prices = Prices(per_second=self.price_per_second)
        price = PROFILES[self.profile].price if self.renderer == "replicate" else None
        if price is None:
            return prices
        return replace(prices, per_second=price.amount, unit=price.per, is_metered=price.metric is not None)

    @property
    def bills_computing(self) -> bool:
        """Whether the provider bills the time that its model computes, however that ends."""
        return self.prices.unit == "predict_second"

    def __str__(self) -> str:
        if self.renderer == "slideshow":
            return f"slideshow, {self.max_retries} retries"
        price = f"{self.prices.per_second} USD/{self.prices.unit}"
        return f"{self.model} with {self.profile}, {self.token}, {self.max_retries} retries, {price}"


CHANGES = (
    "deploys_model",
    "deploys_profile",
    "deploys_renderer",
    "deploys_token",
    "deploys_account",
    "deploys_retries",
    "deploys_prices",
)
"""The ingredients of a schedule that let a deploy change a setting."""


def next_deployment(now: Deployment, changes: Collection[str], chance: random.Random) -> Deployment:
    """Return the settings of the next deploy: one of the allowed changes, or none."""
    profile, retries = chance.choice(sorted(PROFILES)), chance.choice((0, 1, 2, 3))
    price, draw = chance.choice((Decimal("0.10"), Decimal("0.20"))), chance.random()
    allowed = [change for change in CHANGES if change in changes]
    match allowed[int(draw * len(allowed))] if allowed else None:
        case "deploys_model":
            return replace(now, model=MODELS[1] if now.model == MODELS[0] else MODELS[0])
        case "deploys_profile":
            return replace(now, profile=profile)
        case "deploys_renderer":
            return replace(now, renderer="slideshow" if now.renderer == "replicate" else "replicate")
        case "deploys_token":
            return replace(now, token="token-two" if now.token == "token-one" else "token-one")
        case "deploys_account":
            return replace(now, token="token-three" if now.token != "token-three" else "token-one")
        case "deploys_retries":
            return replace(now, max_retries=retries)
        case "deploys_prices":
            return replace(now, price_per_second=price)
        case _:
            return now
