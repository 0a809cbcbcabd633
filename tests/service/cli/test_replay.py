"""`replay` shows earlier states, finds damaged ones, and rebuilds the read model."""

from __future__ import annotations

import sqlite3

from tests.service.cli.calling import Caller


def test_a_job_is_shown_as_it_was_after_a_version(stories: Caller) -> None:
    job = stories("replay", "done", "--version", "4", "--json").json
    assert (job["status"], job["version"], job["progress"]["percent"]) == ("rendering", 4, 50)
    assert len(job["events"]) == 4


def test_a_job_is_shown_as_it_was_at_a_moment(stories: Caller) -> None:
    events = stories("show", "done", "--json").json["events"]
    job = stories("replay", "done", "--at", events[2]["recorded_at"], "--json").json
    assert job["version"] == 3


def test_a_moment_before_the_first_event_exits_5(stories: Caller) -> None:
    answer = stories("replay", "done", "--at", "2001-01-01T00:00:00Z")
    assert answer.code == 5
    assert answer.problem["why"]


def test_a_version_that_was_never_reached_exits_5(stories: Caller) -> None:
    assert stories("replay", "done", "--version", "99").code == 5


def test_all_jobs_are_counted_as_they_were(stories: Caller) -> None:
    now = stories("replay", "--json").json
    assert now["jobs"] == 6
    assert now["statuses"]["failed"] == 2
    first = stories("show", "done", "--json").json["events"][0]["recorded_at"]
    then = stories("replay", "--json", "--at", first).json
    assert (then["jobs"], then["events"], then["statuses"]["approved"]) == (1, 1, 1)


def test_a_true_store_is_verified(stories: Caller) -> None:
    answer = stories("replay", "--verify", "--json")
    assert answer.code == 0
    assert answer.json["ok"] is True
    assert answer.json["events"] > 15


def test_a_state_that_differs_exits_1_and_names_job_and_version_until_it_is_rebuilt(stories: Caller) -> None:
    with sqlite3.connect(stories.data_dir / "reelwright.db") as database:
        database.execute("UPDATE jobs SET status = 'completed', percent = 100 WHERE job_id = 'broken'")
    database.close()
    answer = stories("replay", "--verify")
    assert answer.code == 1
    assert "job broken, version 5" in answer.problem["why"]
    found = stories("replay", "--verify", "--json").json["findings"]
    assert {(finding["job_id"], finding["version"]) for finding in found} == {("broken", 5)}
    assert stories("replay", "done", "--verify").code == 0

    assert stories("replay", "--rebuild", "--json").json == {"rebuilt": 6, "left_alone": []}
    assert stories("replay", "--verify").code == 0


def test_a_changed_event_is_found(stories: Caller) -> None:
    with sqlite3.connect(stories.data_dir / "reelwright.db") as database:
        triggers = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
        kept = [sql for (sql,) in database.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger'")]
        for name in triggers:
            database.execute(f"DROP TRIGGER {name}")
        database.execute("UPDATE events SET data = replace(data, '640', '641') WHERE job_id = 'done' AND version = 1")
        for sql in kept:
            database.execute(sql)
    database.close()
    answer = stories("replay", "--verify")
    assert answer.code == 1
    assert "job done, version 1" in answer.problem["why"]


def test_a_store_without_its_guards_is_not_used_but_can_be_verified(stories: Caller) -> None:
    with sqlite3.connect(stories.data_dir / "reelwright.db") as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
    database.close()
    answer = stories("jobs")
    assert answer.code == 3
    assert "replay --verify" in answer.problem["why"]
    assert stories("replay", "--verify").code == 0
