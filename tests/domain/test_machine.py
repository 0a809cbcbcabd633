"""The table of legal moves is the promised one: every arrow of it, and no other."""

from __future__ import annotations

import pytest

from domain.errors import IllegalMove
from domain.events import EVENT_TYPES, FINAL_EVENTS
from domain.machine import FINAL, MACHINE, Status, move, moves

WORKING = ("approved", "rendering", "downloading")
PROMISED = {
    "StoryboardApproved": {"new": "approved", "failed": "approved"},
    "StoryboardRefused": {"new": "failed"},
    "RenderRequested": {"approved": "rendering", "rendering": "rendering"},
    "RenderAccepted": {"rendering": "rendering"},
    "SceneRendered": {"rendering": "rendering"},
    "SceneStored": {"rendering": "rendering"},
    "RenderDeferred": {"rendering": "rendering"},
    "RenderUnresolved": {"rendering": "rendering"},
    "RenderResolved": {"rendering": "rendering"},
    "RenderProgressed": {"rendering": "rendering"},
    "RenderAttemptFailed": {"rendering": "rendering"},
    "RenderSucceeded": {"rendering": "downloading"},
    "DownloadAttemptFailed": {"downloading": "downloading"},
    "VideoStored": {"downloading": "downloading"},
    "VideoCompleted": {"downloading": "completed"},
    "JobFailed": dict.fromkeys(WORKING, "failed"),
    "JobCancelled": dict.fromkeys(WORKING, "cancelled"),
    "RetryRequested": {"failed": "approved"},
    "DownloadRetryRequested": {"failed": "downloading"},
    "RenderSettled": {"failed": "failed", "cancelled": "cancelled"},
}
CROSS_PRODUCT = [(status, kind) for status in Status for kind in PROMISED]


def test_every_event_type_has_arrows_and_every_arrow_an_event_type() -> None:
    assert set(PROMISED) == set(EVENT_TYPES) == set(MACHINE.events)


def test_the_machine_has_the_promised_arrows_and_no_other() -> None:
    assert moves() == {
        (Status(source), kind): Status(to) for kind, arrows in PROMISED.items() for source, to in arrows.items()
    }


@pytest.mark.parametrize(("status", "kind"), CROSS_PRODUCT)
def test_a_move_is_made_where_it_is_promised_and_refused_elsewhere(status: Status, kind: str) -> None:
    after = "StoryboardRefused" if (status, kind) == ("failed", "StoryboardApproved") else "JobFailed"
    promised = PROMISED[kind].get(status)
    if promised is None:
        with pytest.raises(IllegalMove, match=f"^{kind} is not possible while a job is {status}$"):
            move(status, kind, after=after)
    else:
        assert move(status, kind, after=after) == promised


@pytest.mark.parametrize("kind", sorted(EVENT_TYPES))
def test_from_a_refused_job_only_a_new_approval_leads_on(kind: str) -> None:
    if kind == "StoryboardApproved":
        assert move(Status.FAILED, kind, after="StoryboardRefused") is Status.APPROVED
    else:
        with pytest.raises(IllegalMove):
            move(Status.FAILED, kind, after="StoryboardRefused")


@pytest.mark.parametrize("after", ["JobFailed", "RenderSettled", None])
def test_a_failed_job_that_was_not_refused_is_not_approved_again(after: str | None) -> None:
    with pytest.raises(IllegalMove):
        move(Status.FAILED, "StoryboardApproved", after=after)


def test_a_type_that_nobody_knows_is_no_move() -> None:
    with pytest.raises(IllegalMove):
        move(Status.NEW, "JobExploded", after=None)


def test_the_machine_adds_no_moves_of_its_own() -> None:
    """`transitions` makes a `to_<state>` for every state unless it is told not to."""
    assert not [name for name in MACHINE.events if name.startswith("to_")]


def test_a_final_event_is_one_that_leads_into_a_final_state() -> None:
    into_final = {kind for (status, kind), to in moves().items() if to in FINAL and status not in FINAL}
    assert into_final == FINAL_EVENTS


def test_nothing_leads_out_of_completed_and_only_settling_stays_in_cancelled() -> None:
    assert {kind for status, kind in moves() if status is Status.COMPLETED} == set()
    assert {kind for status, kind in moves() if status is Status.CANCELLED} == {"RenderSettled"}
