"""Verbs that read: from the database alone, with no service running."""

from __future__ import annotations

import json

import pytest

from tests.service.cli.calling import Caller


def test_jobs_are_listed_newest_first(stories: Caller) -> None:
    answer = stories("jobs", "--json")
    assert answer.code == 0
    assert [job["job_id"] for job in answer.json["jobs"]] == [
        "waiting",
        "rendering",
        "stopped",
        "refused",
        "broken",
        "done",
    ]
    assert answer.json["next"] is None


def test_a_list_goes_on_where_the_page_before_ended(stories: Caller) -> None:
    first = stories("jobs", "--json", "--limit", "4").json
    second = stories("jobs", "--json", "--limit", "4", "--after", first["next"]).json
    assert [job["job_id"] for job in second["jobs"]] == ["broken", "done"]


def test_jobs_of_one_status_are_listed(stories: Caller) -> None:
    answer = stories("jobs", "--status", "failed")
    assert answer.code == 0
    assert [line.split()[0] for line in answer.out.splitlines()] == ["job", "refused", "broken"]


def test_a_cursor_that_nobody_gave_out_is_a_wrong_call(stories: Caller) -> None:
    assert stories("jobs", "--after", "soon").code == 2


def test_a_job_is_shown_with_attempts_costs_and_events(stories: Caller) -> None:
    answer = stories("show", "done")
    assert answer.code == 0
    assert "Job done: completed, version 7" in answer.out
    assert "$0.61 (estimated $0.50)" in answer.out
    assert "owner/film" in answer.out
    assert str(stories.data_dir / "videos" / "done" / "final.mp4") in answer.out
    assert "VideoCompleted" in answer.out


def test_a_shown_job_as_json_is_the_one_of_http_with_its_events(stories: Caller) -> None:
    job = stories("show", "done", "--json").json
    assert job["status"] == "completed"
    assert job["progress"]["percent"] == 100
    assert (job["actual_cost"], job["list_price"]) == (0.606, None)
    assert [event["version"] for event in job["events"]] == [1, 2, 3, 4, 5, 6, 7]


def test_a_failed_attempt_is_shown_with_its_reason_and_no_escape_codes(stories: Caller) -> None:
    answer = stories("show", "broken")
    assert "\x1b" not in answer.out
    assert "the model \\x1b[31mran out" in answer.out
    assert "$0.30" in answer.out


@pytest.mark.parametrize("verb", ["show", "watch", "cancel", "retry", "link", "replay"])
def test_an_unknown_job_exits_5(stories: Caller, verb: str) -> None:
    answer = stories(verb, "nobody")
    assert answer.code == 5
    assert "nobody" in answer.problem["what"]


@pytest.mark.parametrize("verb", ["show", "watch", "cancel", "retry", "link", "replay"])
def test_a_job_of_an_empty_place_exits_5_and_makes_no_database(call: Caller, verb: str) -> None:
    assert call(verb, "nobody").code == 5
    assert not call.data_dir.exists()


def test_an_empty_place_has_no_jobs_and_no_costs(call: Caller) -> None:
    assert call("jobs", "--json").json == {"jobs": [], "next": None}
    assert call("costs", "--json").json["total"]["jobs"] == 0
    assert "reelwright demo" in call("jobs").err


def test_a_database_without_tables_says_how_to_make_them(call: Caller) -> None:
    call.data_dir.mkdir()
    (call.data_dir / "reelwright.db").touch()
    answer = call("jobs")
    assert answer.code == 3
    assert "reelwright migrate" in answer.problem["next"]


def test_a_database_that_is_away_exits_4(call: Caller) -> None:
    answer = call("jobs", REELWRIGHT_DATABASE_URL="postgresql://nobody@127.0.0.1:9/none")
    assert answer.code == 4
    assert "reelwright doctor" in answer.problem["next"]


def test_costs_are_summed_by_day_model_and_status(stories: Caller) -> None:
    answer = stories("costs", "--json")
    costs = {(line["by"], line["status"]): line for line in answer.json["costs"]}
    assert costs["owner/film", "completed"]["actual_cost"] == 0.606
    assert costs["owner/film", "failed"]["actual_cost"] == 0.306
    total = answer.json["total"]
    assert total["jobs"] == 6
    assert total["actual_cost"] == pytest.approx(sum(line["actual_cost"] for line in costs.values()))


def test_a_cost_counts_on_the_day_its_job_began(stories: Caller) -> None:
    days = {line["day"] for line in stories("costs", "--json").json["costs"]}
    began = json.loads(stories("show", "done", "--json").out)["created_at"][:10]
    assert began in days


def test_the_settings_are_listed_with_their_source_and_without_secrets(call: Caller) -> None:
    answer = call(
        "config",
        "--json",
        REELWRIGHT_API_TOKEN="opensesame",
        REELWRIGHT_DATABASE_URL="postgresql://me:opensesame@db.test/films",
        REELWRIGHT_NATS_URL="nats://a:opensesame@one.test,nats://two.test",
    )
    settings = {setting["name"]: setting for setting in answer.json["settings"]}
    assert "opensesame" not in answer.out
    assert settings["REELWRIGHT_DATABASE_URL"]["value"] == "postgresql://(hidden)@db.test/films"
    assert settings["REELWRIGHT_NATS_URL"]["value"] == "nats://(hidden)@one.test,nats://two.test"
    assert settings["REELWRIGHT_API_TOKEN"]["source"] == "environment"
    assert settings["REELWRIGHT_CONCURRENCY"] == {
        "name": "REELWRIGHT_CONCURRENCY",
        "value": 100,
        "source": "default",
        "description": settings["REELWRIGHT_CONCURRENCY"]["description"],
    }
