"""`export`, `import`, `backup`, `restored` and `archive`: a history leaves one database and enters another."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.service.cli.calling import Answer, Caller


def lines(data: bytes) -> list[bytes]:
    """Everything but the first line, which says when the export was made."""
    return data.splitlines(keepends=True)[1:]


def elsewhere(stories: Caller, *arguments: str, stdin: bytes = b"", **settings: str) -> Answer:
    other = {"REELWRIGHT_DATA_DIR": str(stories.data_dir.with_name("OTHER"))}
    return stories(*arguments, stdin=stdin, **(other | settings))


@pytest.fixture
def exported(stories: Caller) -> Path:
    file = stories.data_dir.with_name("history.jsonl")
    answer = stories("export", "--out", str(file))
    assert answer.code == 0, answer.err
    assert answer.out == ""
    return file


def test_an_export_goes_into_an_empty_database_and_comes_out_the_same(stories: Caller, exported: Path) -> None:
    answer = elsewhere(stories, "import", str(exported), "--moved", "--json")
    assert answer.code == 0, answer.err
    last = json.loads(exported.read_bytes().splitlines()[-1])
    facts = {"events": 19, "jobs": 6, "hash": last["hash"], "unfinished": 2, "moved": True, "restored": None}
    assert answer.json == facts
    assert "reelwright serve" not in answer.out
    assert lines(elsewhere(stories, "export").out.encode()) == lines(exported.read_bytes())
    assert elsewhere(stories, "replay", "--verify").code == 0
    assert elsewhere(stories, "jobs", "--json").json == stories("jobs", "--json").json


def test_an_import_says_what_to_do_next(stories: Caller, exported: Path) -> None:
    answer = elsewhere(stories, "import", str(exported), "--restored")
    assert "19 events of 6 jobs are imported" in answer.out
    assert "0 jobs were stopped; 2 have not ended." in answer.out
    for hint in ("reelwright serve", "videos", "reelwright restored --stop-jobs", "VIDEO does not reach back"):
        assert hint in answer.err
    moved = stories("import", str(exported), "--moved", REELWRIGHT_DATA_DIR=str(exported.with_name("MOVED")))
    assert "--status failed" not in moved.err


def test_from_sqlite_to_postgresql_through_a_pipe(stories: Caller, exported: Path, request) -> None:
    """PostgreSQL has the same events in the same order, byte for byte."""
    databases = request.getfixturevalue("postgres")

    url = asyncio.run(databases.empty())
    to = {"REELWRIGHT_DATABASE_URL": url}
    assert stories("import", "-", "--moved", stdin=exported.read_bytes(), **to).code == 0
    assert lines(stories("export", **to).out.encode()) == lines(exported.read_bytes())
    assert stories("replay", "--verify", **to).code == 0
    asyncio.run(databases.drop(url))


def test_a_database_with_events_exits_6(stories: Caller, exported: Path) -> None:
    answer = stories("import", str(exported))
    assert answer.code == 6
    assert "holds 19 events" in answer.problem["why"]


def test_a_cut_file_is_refused_and_the_whole_one_taken_then(stories: Caller, exported: Path) -> None:
    cut = b"".join(exported.read_bytes().splitlines(keepends=True)[:-1])
    answer = elsewhere(stories, "import", "-", stdin=cut)
    assert answer.code == 1
    assert "cut off" in answer.problem["why"]
    assert elsewhere(stories, "import", str(exported), "--moved").code == 0


def test_without_a_word_for_the_original_unfinished_jobs_are_refused(stories: Caller, exported: Path) -> None:
    """Two installations that work on the same jobs pay for each of them twice."""
    refused = elsewhere(stories, "import", str(exported))
    assert refused.code == 6
    assert "two installations" in refused.problem["what"]
    assert "2 jobs of this history have not ended" in refused.problem["why"]
    assert {"--moved", "--restored"} <= {*refused.problem["next"].split()}
    assert elsewhere(stories, "jobs", "--json").json["jobs"] == []
    assert elsewhere(stories, "import", str(exported), "--moved", "--restored").code == 2
    assert elsewhere(stories, "import", str(exported), "--moved").code == 0


def test_a_history_whose_jobs_have_all_ended_needs_no_word(stories: Caller) -> None:
    stories("restored", "--stop-jobs")
    ended = stories("export").out.encode()
    answer = elsewhere(stories, "import", "-", stdin=ended)
    assert answer.code == 0, answer.err
    assert "reelwright jobs --status failed" in answer.err


def test_where_nats_is_away_nothing_is_imported_and_nothing_marked(stories: Caller, exported: Path) -> None:
    away = {"REELWRIGHT_NATS_URL": "nats://127.0.0.1:1"}
    for answer in (
        elsewhere(stories, "import", str(exported), "--restored", **away),
        stories("restored", **away),
    ):
        assert answer.code == 4
        assert "nothing was changed" in answer.problem["what"]
        assert "reelwright doctor" in answer.problem["next"]
    assert elsewhere(stories, "jobs", "--json").json["jobs"] == []
    with sqlite3.connect(stories.data_dir / "reelwright.db") as database:
        assert database.execute("SELECT count(*) FROM restores").fetchone() == (0,)
    database.close()


def test_a_file_that_is_not_there_exits_2(call: Caller) -> None:
    assert call("import", "missing.jsonl").code == 2


def test_one_job_is_exported_alone_and_not_imported(stories: Caller) -> None:
    answer = stories("export", "--job", "done")
    assert {json.loads(line)["job_id"] for line in answer.out.splitlines()[1:-1]} == {"done"}
    refused = elsewhere(stories, "import", "-", stdin=answer.out.encode())
    assert refused.code == 1
    assert "only some jobs" in refused.problem["why"]


def test_an_unknown_job_exits_5_and_leaves_no_file(stories: Caller, tmp_path: Path) -> None:
    assert stories("export", "--job", "ghost", "--out", str(tmp_path / "out.jsonl")).code == 5
    assert not [*tmp_path.glob("*out.jsonl*")]


def test_a_damaged_history_is_not_exported_and_an_older_file_stays(stories: Caller, exported: Path) -> None:
    with sqlite3.connect(stories.data_dir / "reelwright.db") as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            sql = database.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()[0]
            database.execute(f"DROP TRIGGER {name}")
            if name == "events_no_update":
                database.execute("UPDATE events SET data = replace(data, '640', '641') WHERE position = 1")
            database.execute(sql)
    database.close()
    before = exported.read_bytes()
    answer = stories("export", "--out", str(exported))
    assert answer.code == 1
    assert "job done, version 1" in answer.problem["why"]
    assert exported.read_bytes() == before


def test_a_backup_is_a_database_and_replaces_nothing(stories: Caller, tmp_path: Path) -> None:
    copy = tmp_path / "OTHER" / "reelwright.db"
    copy.parent.mkdir()
    assert stories("backup", str(copy), "--json").json["position"] == 19
    assert lines(elsewhere(stories, "export").out.encode()) == lines(stories("export").out.encode())
    assert stories("backup", str(copy)).code == 1


def test_postgresql_is_told_its_own_command(stories: Caller) -> None:
    answer = stories("backup", "copy.db", REELWRIGHT_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert answer.code == 3
    assert answer.problem["next"] == 'pg_dump --format=custom --file=copy.db "$REELWRIGHT_DATABASE_URL"'


def test_restored_prints_what_it_found_and_what_to_do_next(stories: Caller) -> None:
    answer = stories("restored")
    assert answer.out.startswith("The database was restored at ")
    assert "with 19 events, the last one of " in answer.out
    assert "0 jobs were stopped; 2 have not ended." in answer.out
    for hint in ("VIDEO does not reach back", "reelwright restored --stop-jobs", "reelwright serve"):
        assert hint in answer.err


def test_restored_lets_jobs_go_on_or_stops_them(stories: Caller) -> None:
    answer = stories("restored", "--json").json
    assert (answer["position"], answer["stopped"], answer["unfinished"]) == (19, 0, 2)
    answer = stories("restored", "--stop-jobs", "--json").json
    assert (answer["stopped"], answer["unfinished"]) == (2, 0)
    job = stories("show", "waiting", "--json").json
    assert job["status"] == "failed"
    assert job["error_message"].startswith("Restored from a copy")
    assert stories("retry", "waiting", "--json").json["status"] == "approved"
    assert stories("replay", "--verify").code == 0


def test_an_archive_holds_what_has_ended_and_is_made_once(stories: Caller, tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    answer = stories("archive", "--older-than", "0", "--out", str(folder), "--json")
    assert answer.json == {"archived": 4, "already_there": 0, "folder": str(folder)}
    files = {file.stem: file for file in folder.glob("????-??-??/*.jsonl")}
    assert set(files) == {"done", "broken", "refused", "stopped"}
    assert lines(files["done"].read_bytes()) == lines(stories("export", "--job", "done").out.encode())
    again = stories("archive", "--older-than", "0", "--out", str(folder), "--json").json
    assert (again["archived"], again["already_there"]) == (0, 4)
    files["done"].write_bytes(b"".join(files["done"].read_bytes().splitlines(keepends=True)[:-1]))
    assert stories("archive", "--older-than", "0", "--out", str(folder), "--json").json["archived"] == 1
    assert stories("archive", "--older-than", "1", "--out", str(tmp_path / "none"), "--json").json["archived"] == 0


def test_an_archive_does_not_touch_a_strangers_file(stories: Caller, tmp_path: Path) -> None:
    stories("archive", "--older-than", "0", "--out", str(tmp_path / "archive"))
    (done,) = (tmp_path / "archive").glob("*/done.jsonl")
    shutil.copyfile(done, done.with_name("broken.jsonl"))
    answer = stories("archive", "--older-than", "0", "--out", str(tmp_path / "archive"))
    assert answer.code == 1
    assert "holds job done" in answer.problem["why"]
