"""Verbs around a running service: serve, doctor, streams, open, migrate, fake-provider."""

from __future__ import annotations

import json
import signal
import sqlite3
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from nats.aio.client import Client

from tests.fixtures.nats import NatsServer
from tests.service.cli.calling import Caller, ForkServer
from tests.service.cli.served import Served


@pytest.fixture
def served(tmp_path: Path, fork_server: ForkServer, nats_server: NatsServer, nats_client: Client) -> Iterator[Served]:
    settings = {"REELWRIGHT_NATS_URL": nats_server.url, "REELWRIGHT_HTTP_PORT": "0"}
    with closing(Caller(tmp_path / "DATA", fork_server, **settings)) as call, Served(call) as served:
        yield served


def test_a_service_says_where_its_page_is_and_leaves_when_told(served: Served) -> None:
    url = served.address.http_url
    assert served.call("open", "--print").out == f"{url}/\n"
    assert served.call("open", "--print", "x1").out == f"{url}/jobs/x1\n"
    code, said = served.stop()
    assert code == 0
    assert f"Reelwright is at {url}/" in said


def test_the_doctor_finds_a_running_service_well(served: Served) -> None:
    answer = served.call("doctor", "--json")
    assert answer.code == 0, answer.out
    states = {check["check"]: check["state"] for check in answer.json["checks"]}
    assert states == dict.fromkeys(
        ["Python", "packages", "data directory", "access", "disk space", "renderer", "database", "NATS", "service"],
        "ok",
    )


async def test_streams_are_shown_as_they_differ_and_changed(served: Served, nats_client: Client) -> None:
    js = nats_client.jetstream()
    config = (await js.stream_info("VIDEO")).config
    await js.update_stream(config.evolve(max_age=3600.0))

    shown = served.call("streams", "apply", "--dry-run", "--json").json
    assert (shown["changed"], [one["field"] for one in shown["differences"]]) == (False, ["max_age"])
    assert (await js.stream_info("VIDEO")).config.max_age == 3600
    assert "streams apply" in served.call("doctor").out

    answer = served.call("streams", "apply")
    assert answer.code == 0
    assert "max_age" in answer.out
    assert (await js.stream_info("VIDEO")).config.max_age == 7 * 86400
    assert served.call("streams", "apply", "--json").json == {"changed": False, "differences": []}


def test_the_doctor_says_what_to_do_where_nothing_was_started(call: Caller) -> None:
    answer = call("doctor")
    assert answer.code == 0
    assert "warn  database" in answer.out
    assert "next: reelwright serve" in answer.out
    assert not (call.data_dir / "reelwright.db").exists()


@pytest.mark.parametrize(
    ("settings", "state", "text"),
    [
        ({"REELWRIGHT_REPLICATE_PROFILE": "bytedance-seedance-1-pro"}, "ok", "the token is set"),
        ({"REELWRIGHT_REPLICATE_PROFILE": "minimax-video-01"}, "warn", "another program's on the same account"),
        (
            {
                "REELWRIGHT_REPLICATE_PROFILE": "bytedance-seedance-1-pro",
                "REELWRIGHT_RENDER_TIMEOUT_SECONDS": "3600",
            },
            "warn",
            "the provider ends every run after 1800 s",
        ),
        ({"REELWRIGHT_REPLICATE_PROFILE": "no-such-profile"}, "fail", "there is no profile"),
    ],
)
def test_the_doctor_warns_of_a_paid_renderer_that_works_and_is_doubtful(
    call: Caller, settings: dict[str, str], state: str, text: str
) -> None:
    token = {"REELWRIGHT_RENDERER": "replicate", "REPLICATE_API_TOKEN": "a-token"}
    answer = call("doctor", "--json", **token, **settings)
    (found,) = [check for check in answer.json["checks"] if check["check"] == "renderer"]
    assert found["state"] == state
    assert text in found["text"]
    assert (found["next"] is not None) == (state != "ok")


def test_the_doctor_fails_where_a_dependency_is_away(call: Caller) -> None:
    answer = call(
        "doctor",
        "--json",
        REELWRIGHT_NATS_URL="nats://127.0.0.1:9",
        REELWRIGHT_DATABASE_URL="postgresql://nobody@127.0.0.1:9/none",
    )
    assert answer.code == 1
    failed = {check["check"]: check for check in answer.json["checks"] if check["state"] == "fail"}
    assert set(failed) == {"database", "NATS"}
    assert all(check["next"] for check in failed.values())


def test_the_doctor_warns_of_a_log_whose_newest_time_is_ahead(stories: Caller) -> None:
    with closing(sqlite3.connect(stories.data_dir / "reelwright.db")) as database, database:
        database.execute("UPDATE log_head SET recorded_at = '2999-01-01T00:00:00.000000Z'")
    checks = {check["check"]: check for check in stories("doctor", "--json").json["checks"]}
    assert checks["database"]["state"] == "warn"
    assert "ahead" in checks["database"]["text"]
    assert "clocks" in checks["database"]["next"]


def test_a_data_directory_that_cannot_be_written_fails(call: Caller) -> None:
    call.data_dir.write_text("a file")
    answer = call("doctor", "--json", REELWRIGHT_DATABASE_URL=f"sqlite:///{call.data_dir.parent}/x.db")
    assert answer.code == 1
    assert answer.json["checks"][2]["state"] == "fail"


@pytest.mark.parametrize("verb", [["open"], ["streams", "apply"]])
def test_verbs_that_need_a_service_exit_4_without_one(call: Caller, verb: list[str]) -> None:
    answer = call(*verb)
    assert answer.code == 4
    assert answer.problem["next"] == "reelwright serve"


def test_tables_are_made_ahead_and_again(call: Caller) -> None:
    first, second = call("migrate", "--json"), call("migrate", "--json")
    assert (first.code, second.code) == (0, 0)
    assert first.json == second.json
    assert call("jobs", "--json").json["jobs"] == []


def test_tables_of_a_database_that_is_away_exit_4(call: Caller) -> None:
    assert call("migrate", REELWRIGHT_DATABASE_URL="postgresql://nobody@127.0.0.1:9/none").code == 4


def test_a_fake_provider_says_where_it_is_and_ends_with_ctrl_c(call: Caller) -> None:
    process = call.start("fake-provider")
    try:
        assert process.stdout is not None
        url = process.stdout.readline().decode().strip()
        request = urllib.request.Request(f"{url}/predictions", headers={"Authorization": "Bearer any"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert json.load(answer)["results"] == []
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert process.returncode == 0


def test_faults_that_nobody_knows_exit_2(call: Caller) -> None:
    path = call.data_dir.parent / "faults.json"
    path.write_text('{"rates": {"create": {"sulk": 1}}}')
    answer = call("fake-provider", "--faults", str(path))
    assert answer.code == 2
    assert "sulk" in answer.problem["why"]
