"""What is offered for a job: exactly what would be done when it is asked for."""

from __future__ import annotations

from service.jobs.possible import PossibleCommands, possible_commands
from tests.domain import scenario
from tests.domain.scenario import AT, EXPIRES


def test_a_job_under_way_can_be_cancelled_only() -> None:
    possible = possible_commands(scenario.accepted(), at=AT)
    assert (possible.cancel, possible.retry) == (True, False)
    assert possible.no_retry


def test_a_failed_job_can_be_tried_again_only() -> None:
    possible = possible_commands(scenario.failed(), at=AT)
    assert possible == PossibleCommands(cancel=False, no_retry=None, retry_only_downloads=False)
    assert possible.retry


def test_a_job_whose_render_is_still_being_ended_says_so() -> None:
    possible = possible_commands(scenario.timed_out(), at=AT)
    assert possible.no_retry == "a render of this job is still being ended: retry when it is settled"


def test_a_paid_video_is_only_downloaded_again_until_it_expires() -> None:
    job = scenario.failed_download()
    assert possible_commands(job, at=AT).retry_only_downloads
    late = possible_commands(job, at=EXPIRES)
    assert (late.retry, late.retry_only_downloads) == (True, False)


def test_a_job_that_waits_for_an_operator_can_be_cancelled_and_retried() -> None:
    possible = possible_commands(scenario.unresolved(), at=AT)
    assert (possible.cancel, possible.retry) == (True, True)


def test_a_cancelled_or_completed_job_offers_nothing() -> None:
    for job in (scenario.cancelled(), scenario.completed()):
        possible = possible_commands(job, at=AT)
        assert (possible.cancel, possible.retry) == (False, False)
