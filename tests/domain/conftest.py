"""Random tests of the domain: few examples, and the same ones on every run. `--hypothesis-profile=long` digs deeper."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

QUICK_EXAMPLES, LONG_EXAMPLES = 80, 5000

settings.register_profile("quick", max_examples=QUICK_EXAMPLES, derandomize=True, deadline=None, database=None)
settings.register_profile(
    "long", max_examples=LONG_EXAMPLES, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("quick")
