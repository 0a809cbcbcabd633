"""The least protocol that pays once, on this adapter alone: look before creating again. A naive one is caught."""

from __future__ import annotations

import asyncio
from collections import Counter

from adapters.fake_provider.faults import FaultChooser, Faults
from adapters.fake_provider.state import ProviderState
from adapters.renderers.replicate.renderer import ReplicateRenderer
from domain.errors import OutcomeUnknown, Unavailable
from domain.rendering import RenderRequest
from tests.adapters.renderers.replicate.driving import SEEDED, Making, request, submit

JOBS = 40
MOST_TRIES = 60
HOSTILE = {
    "create": {
        "lose_answer": 0.15,
        "error_after": 0.1,
        "half_answer": 0.1,
        "garbage": 0.05,
        "error_before": 0.1,
        "reset_before": 0.1,
        "throttle": 0.1,
    },
    "list": {"error": 0.15, "reset": 0.1, "half_answer": 0.1},
}


async def looks_first(renderer: ReplicateRenderer, wanted: RenderRequest) -> str:
    unknown = False
    for _ in range(MOST_TRIES):
        try:
            if unknown and (found := (await renderer.find(renderer.order_of(wanted))).same):
                return found[0]
            return await submit(renderer, wanted)
        except OutcomeUnknown:
            unknown = True
        except Unavailable:
            continue
    raise AssertionError("the provider never answered")


async def creates_again(renderer: ReplicateRenderer, wanted: RenderRequest) -> str:
    for _ in range(MOST_TRIES):
        try:
            return await submit(renderer, wanted)
        except Unavailable:
            continue
    raise AssertionError("the provider never answered")


async def creates_by_job(making: Making, provider: ProviderState, protocol) -> Counter[int | None]:
    provider.chooser = FaultChooser(Faults(seed=11, rates=HOSTILE, starting_seconds=0, render_seconds=0))
    renderer = making(profile=SEEDED)
    owned = await asyncio.gather(*(protocol(renderer, request(f"token-{number}")) for number in range(JOBS)))
    assert len(set(owned)) == JOBS
    return Counter(entry.seed for entry in provider.books)


async def test_who_looks_before_creating_again_pays_once(making: Making, provider: ProviderState) -> None:
    creates = await creates_by_job(making, provider, looks_first)
    assert len(creates) == JOBS
    assert set(creates.values()) == {1}


async def test_who_creates_again_pays_twice_and_the_books_show_it(making: Making, provider: ProviderState) -> None:
    creates = await creates_by_job(making, provider, creates_again)
    assert max(creates.values()) > 1
    assert sum(creates.values()) > JOBS * 1.3
