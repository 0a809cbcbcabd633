"""The way of a job through its states: where it was and how long, where it is, and what is still ahead."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from domain.machine import FINAL, Status
from service.http.pages.formats import moment, span
from service.http.pages.html import Html, h
from service.http.pages.shown_job import Shown, Visit

_WAY: Final = (Status.APPROVED, Status.RENDERING, Status.DOWNLOADING, Status.COMPLETED)
MOST_SHOWN: Final = 8
"""Stays; a job that was retried often has more, and the oldest are only counted."""


def stepper(shown: Shown) -> Html:
    """Return the states as a list, oldest first."""
    earlier = len(shown.visits) - MOST_SHOWN
    steps = [_left_out(earlier)] if earlier > 0 else []
    steps += [_step(visit) for visit in shown.visits[-MOST_SHOWN:]]
    steps += [h("li", h("span", status.value, class_="step-name"), class_="ahead") for status in _ahead(shown)]
    return h("ol", steps, class_="stepper", aria_label="States of the job")


def _step(visit: Visit) -> Html:
    stay = None if visit.left_at is None else span((visit.left_at - visit.since).total_seconds())
    current = visit.left_at is None
    return h(
        "li",
        h("span", visit.status.value, class_="step-name"),
        moment(visit.since, "clock"),
        h("span", stay, class_="soft") if stay else None,
        class_="here" if current else "past",
        data_step=visit.status.value,
        aria_current="step" if current else None,
    )


def _left_out(count: int) -> Html:
    return h("li", h("span", f"{count} before", class_="step-name soft"), class_="past")


def _ahead(shown: Shown) -> list[Status]:
    status = shown.job.status
    if status in FINAL:
        return []
    return [to for at, to in pairwise(_WAY) if _WAY.index(at) >= _WAY.index(status)]
