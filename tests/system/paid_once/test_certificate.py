"""The short form of `make certify`: the same storm, fewer jobs and kills."""

from __future__ import annotations

import pytest

from tests.system.paid_once.runs import certify_naive, certify_reelwright
from tests.system.paid_once.storm import Plan

SHORT = Plan(jobs=15, kills=3, longest_life_seconds=3.0, limit_seconds=100.0, ack_wait_seconds=3.0)


@pytest.mark.timeout(180)
async def test_every_job_is_paid_once_while_the_worker_is_killed_and_answers_are_lost() -> None:
    certificate, broken = await certify_reelwright(SHORT)
    assert not broken, "\n".join(broken)
    assert certificate.completed == certificate.jobs
    assert certificate.creates_per_job == 1.0
    assert certificate.kills == 3
    assert sum(certificate.faults.values()) > 5


async def test_a_worker_that_posts_again_is_caught_by_the_same_storm() -> None:
    certificate = await certify_naive(SHORT)
    assert "a render was paid again" in certificate.broken
    assert certificate.creates_per_job > 1.0
