"""The percent of a whole job: it never claims to be done before it is."""

from __future__ import annotations

import pytest

from domain.job import DOWNLOADING_PERCENT, FINALIZING_PERCENT
from domain.machine import Status
from tests.domain.scenario import STAGES, accepted, completed, downloading, given, progress, stored


def test_a_job_climbs_through_its_stages() -> None:
    rendering = given(progress(100), job=accepted())
    percents = [accepted().percent, rendering.percent, downloading().percent, stored().percent, completed().percent]
    assert percents == [0, 95, DOWNLOADING_PERCENT, FINALIZING_PERCENT, 100]
    assert percents == sorted(percents)


@pytest.mark.parametrize("name", [name for name, job in STAGES.items() if job.status is not Status.COMPLETED])
def test_100_means_completed(name: str) -> None:
    assert 0 <= STAGES[name].percent < 100
