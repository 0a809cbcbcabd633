"""What every call has: help, a version, exit codes, errors in three parts."""

from __future__ import annotations

import socket
import time

import pytest

from service.cli.root import VERBS
from tests.service.cli.calling import Caller


def test_help_names_every_verb_and_is_quick(call: Caller, capsys: pytest.CaptureFixture[str]) -> None:
    took = []
    for _ in range(3):
        began = time.monotonic()
        answer = call.afresh("--help")
        took.append(time.monotonic() - began)
        assert answer.code == 0
        assert all(f"  {verb} " in answer.out for verb in VERBS)
    with capsys.disabled():
        print(f" [--help: {min(took):.2f} s]", end="")
    assert min(took) < 2


def test_help_loads_no_heavy_module(call: Caller) -> None:
    """`--help` once took a second because a verb's module was imported at the top."""
    answer = call.afresh("--help", PYTHONPROFILEIMPORTTIME="1")
    imported = {line.rpartition("|")[2].strip() for line in answer.err.splitlines() if line.startswith("import time")}
    assert "click" in imported
    assert not imported & {"pydantic", "sqlalchemy", "nats", "fastapi", "av", "rich", "asyncio", "domain.job"}


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(call: Caller, verb: str) -> None:
    answer = call(verb, "--help")
    assert answer.code == 0, answer.err
    assert "--debug" in answer.out


def test_the_version_is_printed(call: Caller) -> None:
    answer = call("--version")
    assert (answer.code, answer.out.split()[0]) == (0, "reelwright")


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-verb"],
        ["jobs", "--status", "green"],
        ["jobs", "--limit", "0"],
        ["show", "a/b"],
        ["show"],
        ["replay", "--version", "2"],
        ["replay", "x", "--verify", "--rebuild"],
        ["replay", "x", "--at", "yesterday"],
        ["approve", "no-such-file.json"],
    ],
)
def test_a_wrong_call_exits_2_and_says_what_to_type(call: Caller, arguments: list[str]) -> None:
    answer = call(*arguments)
    assert answer.code == 2, answer.err
    assert answer.problem["next"]
    assert answer.out == ""


def test_a_wrong_setting_exits_3_and_names_it(call: Caller) -> None:
    answer = call("jobs", REELWRIGHT_RENDERRER="noop")
    assert answer.code == 3
    assert "REELWRIGHT_RENDERER" in answer.problem["why"]


def test_a_wrong_setting_stops_a_service_with_3(call: Caller) -> None:
    answer = call("serve", REELWRIGHT_RENDERER="replicate")
    assert answer.code == 3
    assert "REPLICATE_API_TOKEN" in answer.problem["why"]


def test_a_service_on_a_port_that_is_taken_exits_3(call: Caller) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        answer = call("serve", REELWRIGHT_HTTP_PORT=str(taken.getsockname()[1]))
    assert answer.code == 3
    assert "REELWRIGHT_HTTP_PORT" in answer.problem["why"]


def test_a_data_directory_that_cannot_be_made_exits_3(call: Caller) -> None:
    call.data_dir.write_text("a file, no directory")
    for verb in ("demo", "serve"):
        answer = call.afresh(verb, REELWRIGHT_HTTP_PORT="0")
        assert answer.code == 3, answer.err
        assert str(call.data_dir) in answer.problem["why"]


def test_debug_adds_a_traceback(call: Caller) -> None:
    plain, debug = call("show", "nope"), call("show", "nope", "--debug")
    assert plain.code == debug.code == 5
    assert "Traceback" not in plain.err
    assert "Traceback" in debug.err


def test_a_closed_pipe_is_no_error(call: Caller) -> None:
    """`reelwright jobs | head -1` once ended with a traceback of BrokenPipeError."""
    process = call.start("config")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    error = process.stderr.read().decode()
    process.stderr.close()
    assert process.wait(30) == 0
    assert "Traceback" not in error
    assert "Exception" not in error


def test_asyncapi_prints_the_document(call: Caller) -> None:
    answer = call("asyncapi")
    assert answer.code == 0
    assert answer.json["asyncapi"] == "3.0.0"
