"""The job is done: its video, and the last word about its cost."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain import events as e
from domain.commands import CompleteJob
from domain.cost import Prices
from domain.decide import decide
from domain.errors import IllegalMove
from domain.machine import Status
from tests.domain.scenario import (
    STAGES,
    URL,
    accept,
    accepted,
    approve,
    complete,
    completed,
    downloading,
    fail,
    fail_download,
    given,
    request,
    retry,
    store,
    stored,
    succeed,
)


def completion(*commands: object, job: object = None) -> e.VideoCompleted:
    (event,) = decide(complete(), given(*commands, store(), job=job))  # type: ignore[arg-type]
    assert isinstance(event, e.VideoCompleted)
    return event


def test_the_facts_of_the_video_are_recorded() -> None:
    assert decide(complete(), stored()) == (
        e.VideoCompleted(
            video_url="/api/videos/job-1/data",
            size_bytes=2048,
            sha256="a" * 64,
            duration_seconds=5.04,
            width=1280,
            height=720,
            codec="h264",
            actual_cost=Decimal("0.510"),
            image_cost=Decimal("0.006"),
            attempt_costs=(e.AttemptCost(attempt=1, cost=Decimal("0.5040"), basis="measured_duration"),),
        ),
    )


def test_a_completed_job_is_complete() -> None:
    job = completed()
    assert (job.status, job.percent, job.message, job.actual_cost, job.estimated_completion_seconds) == (
        Status.COMPLETED,
        100,
        "Video rendering complete!",
        Decimal("0.51"),
        0,
    )


def test_the_providers_own_figure_is_not_replaced_by_the_measured_length() -> None:
    event = completion(succeed(billed_seconds=7.0), job=accepted())
    assert event.attempt_costs == (e.AttemptCost(attempt=1, cost=Decimal("0.70"), basis="provider_metric"),)
    assert event.actual_cost == Decimal("0.706")


def test_an_asked_length_is_replaced_by_the_measured_one() -> None:
    event = completion(succeed(duration_seconds=None), job=accepted())
    assert event.attempt_costs[0].basis == "measured_duration"


def test_failed_attempts_cost_what_they_cost_and_images_count_once() -> None:
    event = completion(
        fail(cost=Decimal("0.123")),
        request("token-2"),
        accept("token-2", "render-2"),
        succeed("token-2"),
        job=accepted(),
    )
    assert [cost.cost for cost in event.attempt_costs] == [Decimal("0.123"), Decimal("0.5040")]
    assert event.image_cost == Decimal("0.006")
    assert event.actual_cost == Decimal("0.633")


def test_the_measured_length_is_that_of_the_last_attempt_alone() -> None:
    """An older attempt, whose output had been lost, was charged with the length of the video of the newer one."""
    lost = given(
        succeed(duration_seconds=3.0), fail_download("gone", permanent=True), retry(), job=accepted()
    )  # fmt: skip
    event = completion(request("token-2"), accept("token-2", "render-2"), succeed("token-2"), job=lost)
    assert [(cost.attempt, cost.cost) for cost in event.attempt_costs] == [
        (1, Decimal("0.300")),
        (2, Decimal("0.5040")),
    ]


def test_a_renderer_that_stores_no_file_completes_without_one() -> None:
    command = CompleteJob(video_url=None, duration_seconds=0.0, prices=Prices(), threshold=Decimal("1.2"))
    job = given(command, job=given(succeed(output_url="noop:"), job=accepted()))
    assert job.completed is not None
    assert (job.status, job.completed.video_url, job.completed.sha256) == (Status.COMPLETED, None, None)
    assert job.actual_cost == Decimal("0.006")


@pytest.mark.parametrize(
    ("estimate", "warns"),
    [("0.425", False), ("0.42", True), ("0", False), (None, False), ("0.51", False), ("1000000000", False)],
)
def test_a_cost_above_the_estimate_by_more_than_the_threshold_is_marked(estimate: str | None, warns: bool) -> None:
    job = given(
        approve(estimated_cost=None if estimate is None else Decimal(estimate)),
        request(),
        accept(),
        succeed(),
        store(),
    )
    (event,) = decide(complete(), job)
    assert isinstance(event, e.VideoCompleted)
    assert (event.actual_cost, event.above_estimate) == (Decimal("0.51"), warns)


def test_the_output_stays_known_after_the_end() -> None:
    assert (downloading().output_url, completed().output_url) == (URL, URL)


@pytest.mark.parametrize("name", [name for name in STAGES if name not in {"downloading", "stored"}])
def test_elsewhere_it_is_an_illegal_move(name: str) -> None:
    with pytest.raises(IllegalMove, match="VideoCompleted is not possible"):
        decide(complete(), STAGES[name])
