"""The statuses of a job in order: those that it had and how long, the current one, those to come."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from domain.machine import FINAL, Status
from service.http.pages.formats import moment, span
from service.http.pages.html import Html, h
from service.http.pages.page_data import JobPageData, StatusPeriod

_USUAL_ORDER: Final = (Status.APPROVED, Status.RENDERING, Status.DOWNLOADING, Status.COMPLETED)
MOST_SHOWN: Final = 8
"""Periods: a job that was retried often has more, of which the oldest are only counted."""


def stepper(data: JobPageData) -> Html:
    """Return the statuses as a list, oldest first."""
    earlier = len(data.periods) - MOST_SHOWN
    count = h("span", f"{earlier} before", class_="step-name soft")
    steps = [h("li", count, class_="past")] if earlier > 0 else []
    steps += [_step(period) for period in data.periods[-MOST_SHOWN:]]
    steps += [h("li", h("span", status.value, class_="step-name"), class_="ahead") for status in _ahead(data)]
    return h("ol", steps, class_="stepper", aria_label="States of the job")


def _step(period: StatusPeriod) -> Html:
    is_current = period.ended_at is None
    length = None if period.ended_at is None else span((period.ended_at - period.began_at).total_seconds())
    return h(
        "li",
        h("span", period.status.value, class_="step-name"),
        moment(period.began_at, "clock"),
        h("span", length, class_="soft") if length else None,
        class_="here" if is_current else "past",
        data_step=period.status.value,
        aria_current="step" if is_current else None,
    )


def _ahead(data: JobPageData) -> list[Status]:
    status = data.job.status
    if status in FINAL:
        return []
    return [to for at, to in pairwise(_USUAL_ORDER) if _USUAL_ORDER.index(at) >= _USUAL_ORDER.index(status)]
