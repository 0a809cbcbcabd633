"""What is known of the provider by its answers alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from service.worker.provider_health import ProviderHealth

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class Hands:
    def __init__(self) -> None:
        self.at = NOON

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def health(hands: Hands) -> ProviderHealth:
    return ProviderHealth(is_local=False, now=hands.now)


async def test_a_renderer_on_this_machine_has_no_provider(hands):
    assert await ProviderHealth(is_local=True, now=hands.now).check() == (True, "videos are made on this machine")


async def test_a_provider_that_was_not_asked_is_not_blamed(health):
    well, text = await health.check()
    assert well
    assert "not asked" in text


@pytest.mark.parametrize("code", ["200", "201", "404", "422"])
async def test_an_answer_about_one_render_says_that_the_provider_is_well(health, code):
    health.record("503")
    health.record(code)
    assert await health.check() == (True, "answered at 12:00:00 UTC")


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("401", "TOKEN"),
        ("402", "paid"),
        ("429", "throttles"),
        ("500", "500"),
        ("timeout", "in time"),
        ("broken", "cut"),
    ],
)
async def test_what_stops_all_work_is_told_with_its_reason(health, code, word):
    health.record(code)
    well, text = await health.check()
    assert not well
    assert word in text


async def test_trouble_says_since_when(health, hands):
    health.record("503")
    hands.at += timedelta(minutes=5)
    health.record("timeout")
    _, text = await health.check()
    assert text == "it does not answer in time, since 12:00:00 UTC; asked at 12:05:00"
