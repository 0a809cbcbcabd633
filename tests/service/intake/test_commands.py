"""Cancel and retry as they are sent over the bus: what is read, and what is not."""

from __future__ import annotations

import json

import pytest

from service.intake.commands import CommandMessage, read_command
from service.intake.reading import UnreadableError
from service.jobs.operations import LONGEST_NAME, LONGEST_REASON


def sent(**fields: object) -> bytes:
    return json.dumps({"job_id": "job-1", **fields}).encode()


def test_a_command_names_a_job_and_says_who_and_why() -> None:
    assert read_command(sent(by="ada", reason="wrong images")) == CommandMessage(
        job_id="job-1", by="ada", reason="wrong images"
    )


def test_a_number_is_a_job_id_kept_as_text() -> None:
    assert read_command(sent(job_id=12)).job_id == "12"


@pytest.mark.parametrize("value", [None, "", 5, ["ada"], {"a": 1}, True])
def test_a_name_that_is_no_text_is_no_name(value: object) -> None:
    command = read_command(sent(by=value, reason=value))
    assert (command.by, command.reason) == ("nats", None)


def test_a_long_name_and_a_long_reason_are_cut() -> None:
    command = read_command(sent(by="a" * 1000, reason="b" * 3000))
    assert (command.by, command.reason) == ("a" * LONGEST_NAME, "b" * LONGEST_REASON)


@pytest.mark.parametrize(
    "payload",
    [b"", b"cancel", b"\xff", b'{"job_id": "\xed\xa0\x80"}', b'{"job_id": "\\ud800"}', b"[" * 100_000, b"1" * 5000],
)
def test_a_command_that_is_no_json_is_unreadable(payload: bytes) -> None:
    """A text with bytes of half a character escaped as a UnicodeDecodeError, and the sender got no answer."""
    with pytest.raises(UnreadableError, match="Not JSON"):
        read_command(payload)


@pytest.mark.parametrize("payload", [b"[]", b'"job-1"', b"5", b"null"])
def test_a_command_that_is_no_object_is_unreadable(payload: bytes) -> None:
    with pytest.raises(UnreadableError, match="Not a JSON object"):
        read_command(payload)


@pytest.mark.parametrize("job_id", [None, "", "../x", 1.5, True, "a" * 65])
def test_a_command_without_a_usable_job_id_is_unreadable(job_id: object) -> None:
    with pytest.raises(UnreadableError, match="No usable job_id"):
        read_command(sent(job_id=job_id))
