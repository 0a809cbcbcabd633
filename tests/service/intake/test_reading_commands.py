"""Cancel and retry as they come over the bus."""

from __future__ import annotations

import json

import pytest

from service.intake.commands import CommandMessage, read_command
from service.intake.reading import UnreadableError


def command(**fields: object) -> bytes:
    return json.dumps({"job_id": "job-1", **fields}).encode()


def test_a_command_says_which_job_who_and_why() -> None:
    read = read_command(command(by="ada", reason="wrong images"))
    assert read == CommandMessage(job_id="job-1", by="ada", reason="wrong images")


def test_a_command_without_a_name_came_from_the_bus() -> None:
    assert read_command(command()) == CommandMessage(job_id="job-1", by="nats", reason=None)


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
        read_command(command(job_id=job_id))


@pytest.mark.parametrize("value", [None, 5, ["ada"], {"a": 1}, True])
def test_a_name_that_is_no_text_is_no_name(value: object) -> None:
    assert read_command(command(by=value, reason=value)) == CommandMessage(job_id="job-1", by="nats", reason=None)


def test_an_empty_name_is_no_name() -> None:
    assert read_command(command(by="")).by == "nats"
