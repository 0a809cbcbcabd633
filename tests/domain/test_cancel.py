"""Cancelling while a job waits, renders, rests between attempts or downloads."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain import events as e
from domain.commands import Cancel
from domain.decide import decide
from domain.errors import IllegalMove
from domain.machine import FINAL, Status
from tests.domain.scenario import CANCEL, STAGES, accepted, fail, given

WORKING = {name: job for name, job in STAGES.items() if job.status not in FINAL and name != "new"}


@pytest.mark.parametrize("name", WORKING)
def test_a_working_job_is_cancelled(name: str) -> None:
    assert decide(CANCEL, WORKING[name])[-1] == e.JobCancelled(by="ada", reason="changed my mind")


@pytest.mark.parametrize("name", WORKING)
def test_a_cancelled_job_remembers_where_it_stood_and_waits_for_no_time(name: str) -> None:
    job = given(CANCEL, job=WORKING[name])
    assert (job.status, job.stage, job.retry_at) == (Status.CANCELLED, str(WORKING[name].status), None)


def test_it_says_who_cancelled_and_why() -> None:
    assert given(CANCEL, job=accepted()).message == "Cancelled by ada: changed my mind"
    assert given(Cancel(by="ada"), job=accepted()).message == "Cancelled by ada"


def test_what_was_spent_stays_recorded() -> None:
    job = given(fail(cost=Decimal("0.2")), CANCEL, job=accepted())
    assert job.actual_cost == Decimal("0.206")


@pytest.mark.parametrize("name", [name for name in STAGES if name not in WORKING])
def test_what_has_ended_or_not_begun_is_not_cancelled(name: str) -> None:
    with pytest.raises(IllegalMove, match="JobCancelled is not possible"):
        decide(CANCEL, STAGES[name])
