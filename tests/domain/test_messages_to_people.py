"""What a job says of itself: the texts that readers of progress look for, to the letter."""

from __future__ import annotations

import pytest

from domain.job import Job
from tests.domain.scenario import (
    CANCEL,
    STAGES,
    accept,
    accepted,
    completed,
    downloading,
    fail,
    failed,
    given,
    progress,
    request,
    requested,
    retry,
    stored,
    waiting,
)

TEXTS = [
    (requested(), "Rendering video from images..."),
    (accepted(), "Rendering video from images..."),
    (given(progress(40), job=accepted()), "Rendering video from images..."),
    (waiting(), "Retrying in 30s (attempt 2/3)..."),
    (given(request("token-2"), job=waiting()), "Rendering video (attempt 2)..."),
    (given(request("token-2"), accept("token-2", "render-2"), job=waiting()), "Rendering video (attempt 2)..."),
    (given(request("token-2"), fail("token-2"), job=waiting()), "Retrying in 90s (attempt 3/3)..."),
    (downloading(), "Downloading video..."),
    (stored(), "Finalizing..."),
    (completed(), "Video rendering complete!"),
    (failed(), "The model crashed"),
    (given(retry(), request("token-2"), job=failed()), "Rendering video (attempt 2)..."),
    (given(CANCEL, job=downloading()), "Cancelled by ada: changed my mind"),
]


@pytest.mark.parametrize(("job", "text"), TEXTS)
def test_the_text_is_the_promised_one(job: Job, text: str) -> None:
    assert job.message == text


@pytest.mark.parametrize("name", [name for name in STAGES if name != "new"])
def test_a_job_always_says_something(name: str) -> None:
    assert STAGES[name].message
