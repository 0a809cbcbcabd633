"""`cancel` and `retry` write to the events themselves, with no service running."""

from __future__ import annotations

from tests.service.cli.calling import Caller


def test_a_waiting_job_is_cancelled_with_who_and_why(stories: Caller) -> None:
    answer = stories("cancel", "waiting", "--reason", "wrong film", "--by", "ana", "--json")
    assert answer.code == 0
    assert answer.json == {"job_id": "waiting", "ok": True, "status": "cancelled"}
    last = stories("show", "waiting", "--json").json["events"][-1]
    assert (last["type"], last["data"]) == ("JobCancelled", {"by": "ana", "reason": "wrong film"})


def test_who_commands_is_known_without_being_said(stories: Caller) -> None:
    stories("cancel", "waiting")
    assert stories("show", "waiting", "--json").json["events"][-1]["data"]["by"]


def test_a_failed_job_is_tried_again(stories: Caller) -> None:
    answer = stories("retry", "broken")
    assert (answer.code, answer.out) == (0, "Job broken is approved.\n")
    assert stories("show", "broken", "--json").json["events"][-1]["type"] == "RetryRequested"


def test_a_command_that_is_not_possible_exits_6_and_changes_nothing(stories: Caller) -> None:
    for verb, job_id in (("cancel", "done"), ("retry", "done"), ("retry", "refused"), ("cancel", "stopped")):
        before = stories("show", job_id, "--json").json["version"]
        answer = stories(verb, job_id)
        assert answer.code == 6, answer.err
        assert answer.problem["next"] == f"reelwright show {job_id}"
        assert stories("show", job_id, "--json").json["version"] == before
