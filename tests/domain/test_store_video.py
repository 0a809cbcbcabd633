"""The video is in its place."""

from __future__ import annotations

import pytest

from domain import events as e
from domain.decide import decide
from domain.errors import IllegalMove
from domain.job import Job
from domain.steps import StepKind, next_steps
from tests.domain.scenario import STAGES, completed, downloading, fail_download, given, only, store, stored


def test_a_stored_video_is_recorded() -> None:
    assert decide(store(), downloading()) == (
        e.VideoStored(size_bytes=2048, sha256="a" * 64, duration_seconds=5.04),
    )  # fmt: skip


def test_the_job_is_ready_to_be_completed() -> None:
    job = given(fail_download(), store(), job=downloading())
    assert (next_steps(job), job.retry_at, job.message, job.percent) == (
        only(StepKind.COMPLETE),
        None,
        "Finalizing...",
        99,
    )


@pytest.mark.parametrize("job", [stored(), completed()], ids=["stored", "completed"])
def test_the_same_video_again_changes_nothing(job: Job) -> None:
    assert decide(store(), job) == ()


def test_another_video_is_recorded_again() -> None:
    assert len(decide(store("b" * 64), stored())) == 1


@pytest.mark.parametrize("name", [name for name in STAGES if name not in {"downloading", "stored"}])
def test_elsewhere_it_is_an_illegal_move(name: str) -> None:
    with pytest.raises(IllegalMove, match="VideoStored is not possible"):
        decide(store("b" * 64), STAGES[name])
