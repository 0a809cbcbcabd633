"""When to try again: pure computations, nothing waits."""

from __future__ import annotations

import pytest

from domain.retry import LONGEST_DOWNLOAD_WAIT_SECONDS, RetryPolicy, download_wait_seconds


def test_by_default_two_retries_wait_30_and_90_seconds() -> None:
    assert [RetryPolicy().wait_seconds(tries) for tries in (1, 2, 3, 4)] == [30.0, 90.0, None, None]


def test_each_wait_is_three_times_the_one_before() -> None:
    policy = RetryPolicy(max_retries=4, backoff_seconds=0.5)
    assert [policy.wait_seconds(tries) for tries in (1, 2, 3, 4, 5)] == [0.5, 1.5, 4.5, 13.5, None]


def test_without_retries_nothing_is_tried_again() -> None:
    assert RetryPolicy(max_retries=0).wait_seconds(1) is None


def test_a_wait_is_as_round_as_people_would_write_it():
    assert RetryPolicy(backoff_seconds=0.2).wait_seconds(2) == 0.6


@pytest.mark.parametrize(("retries", "tries"), [(0, 1), (2, 3), (20, 21)])
def test_the_first_try_counts_too(retries: int, tries: int) -> None:
    assert RetryPolicy(max_retries=retries).tries_allowed == tries


def test_downloads_wait_two_seconds_doubled_each_time_up_to_five_minutes() -> None:
    waits = [download_wait_seconds(tries) for tries in range(1, 12)]
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


def test_a_download_that_failed_very_often_still_waits_five_minutes() -> None:
    assert download_wait_seconds(10**9) == LONGEST_DOWNLOAD_WAIT_SECONDS == 300
