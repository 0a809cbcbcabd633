"""A finished render is downloaded; its cost rests on the best figure there is."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain import events as e
from domain.decide import decide
from domain.errors import IllegalMove
from domain.job import RenderState
from domain.machine import Status
from tests.domain.scenario import EXPIRES, STAGES, UNTIL, URL, accepted, downloading, given, progress, succeed


def test_a_render_succeeds() -> None:
    assert decide(succeed(), accepted()) == (
        e.RenderSucceeded(
            attempt=1,
            output_url=URL,
            duration_seconds=5.0,
            expires_at=EXPIRES,
            download_until=UNTIL,
            cost=Decimal("0.500"),
            basis="measured_duration",
        ),
    )


@pytest.mark.parametrize(
    ("duration_seconds", "billed_seconds", "cost", "basis"),
    [
        (5.0, 7.5, Decimal("0.75"), "provider_metric"),
        (4.0, None, Decimal("0.40"), "measured_duration"),
        (None, None, Decimal("0.50"), "asked_duration"),
        (5.0, 0.0, Decimal(0), "provider_metric"),
    ],
)
def test_the_cost_rests_on_the_best_figure(
    duration_seconds: float | None, billed_seconds: float | None, cost: Decimal, basis: str
) -> None:
    command = succeed(duration_seconds=duration_seconds, billed_seconds=billed_seconds)
    (event,) = decide(command, accepted())
    assert isinstance(event, e.RenderSucceeded)
    assert (event.cost, event.basis) == (cost, basis)


def test_the_job_downloads_with_all_scenes_done() -> None:
    job = given(succeed(), job=given(progress(40), job=accepted()))
    assert (job.status, job.scenes_completed, job.current_scene, job.percent) == (Status.DOWNLOADING, 2, None, 96)
    assert (job.output_url, job.expires_at, job.download_until) == (URL, EXPIRES, UNTIL)
    assert job.render is not None
    assert job.render.state is RenderState.SUCCEEDED


def test_a_render_succeeds_once() -> None:
    with pytest.raises(IllegalMove, match="attempt 1 is succeeded"):
        decide(succeed(), downloading())


@pytest.mark.parametrize("name", [name for name in STAGES if name not in {"requested", "accepted"}])
def test_elsewhere_it_is_an_illegal_move(name: str) -> None:
    with pytest.raises(IllegalMove):
        decide(succeed(), STAGES[name])
