"""What the provider bills for each end, and figures that no bill can have."""

from __future__ import annotations

import json

import pytest

from adapters.renderers.replicate.billing import of_cancel, of_failure, of_success
from adapters.renderers.replicate.http import ApiAnswer
from adapters.renderers.replicate.outcomes import read_object
from adapters.renderers.replicate.prediction import Prediction, read_prediction
from adapters.renderers.replicate.profile import Price
from tests.adapters.renderers.replicate.driving import recorded

PER_SECOND = Price(amount="0.1", per="second")
PER_RUN = Price(amount="0.5", per="run")
COMPUTING = Price(amount="0.01", per="predict_second")
WITH_FIGURE = Price(amount="0.1", per="second", metric="video_seconds")
ENDED = {"started_at": "2026-11-22T18:00:00Z", "completed_at": "2026-11-22T18:00:07.5Z"}


def prediction(**fields: object) -> Prediction:
    read = read_prediction({"id": "abc", "status": "canceled", **fields})
    assert read is not None
    return read


@pytest.mark.parametrize("price", [None, PER_SECOND, PER_RUN, COMPUTING, WITH_FIGURE])
def test_what_never_began_is_free(price: Price | None) -> None:
    """The provider says so of what was cancelled before it started, and of what was aborted."""
    assert of_cancel(prediction(), price) == 0
    assert of_cancel(prediction(metrics={"predict_time": 0}), price) == 0


@pytest.mark.parametrize(
    ("price", "billed"), [(None, 0.128148), (PER_SECOND, 0.128148), (COMPUTING, 0.128148), (PER_RUN, 1.0)]
)
def test_what_was_cancelled_is_billed_for_the_time_that_it_ran(price: Price | None, billed: float) -> None:
    read = read_prediction(recorded("cancel-200-canceled"))
    assert read is not None
    assert of_cancel(read, price) == billed


def test_the_time_that_it_ran_is_known_by_its_ends_too() -> None:
    assert of_cancel(prediction(**ENDED), None) == of_failure(prediction(**ENDED), COMPUTING) == 7.5


def test_the_figure_of_the_price_goes_before_the_time_that_it_ran() -> None:
    assert of_cancel(prediction(**ENDED, metrics={"predict_time": 60, "video_seconds": 3}), WITH_FIGURE) == 3


def test_a_cancel_of_which_only_the_beginning_is_known_may_be_billed_in_full() -> None:
    assert of_cancel(prediction(started_at=ENDED["started_at"]), PER_SECOND) is None


@pytest.mark.parametrize("price", [None, PER_SECOND, PER_RUN])
def test_a_failure_is_free_unless_computing_is_what_is_paid(price: Price | None) -> None:
    assert of_failure(prediction(metrics={"predict_time": 9.5}), price) == 0
    assert of_failure(prediction(metrics={"predict_time": 9.5}), COMPUTING) == 9.5


@pytest.mark.parametrize(
    "figure", ["1e30", "1e999", "Infinity", "-Infinity", "NaN", "-1", "9" * 5000, '"12.5"', "true", "null", "[1]"]
)
def test_a_figure_that_no_bill_can_have_is_unknown_and_breaks_nothing(figure: str) -> None:
    """`predict_time: 1e30` broke the job for ever; with a number of 5,000 digits no answer could be read at all."""
    text = json.dumps({"id": "abc", "status": "succeeded", "metrics": {"predict_time": "FIGURE"}})
    body = read_object(ApiAnswer(status=200, headers={}, body=text.replace('"FIGURE"', figure).encode()))
    read = read_prediction(body)
    assert read is not None
    assert [of_end(read, COMPUTING) for of_end in (of_success, of_failure, of_cancel)] == [None] * 3


@pytest.mark.parametrize("year", ["0001", "1999", "9999"])
def test_a_time_that_no_render_can_have_is_none(year: str) -> None:
    """An hour after the last moment of the year 9999 there is no time: each poll ended in an OverflowError."""
    assert prediction(completed_at=f"{year}-12-31T23:59:59Z").completed_at is None
