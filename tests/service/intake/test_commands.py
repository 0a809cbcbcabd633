"""Cancel and retry as they are sent over the bus: what is read, and what is not."""

from __future__ import annotations

import json

import pytest

from service.intake.commands import CommandMessage, read_command, read_retry
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


def test_a_retry_may_name_a_render_and_its_scene() -> None:
    retry = read_retry(sent(by="ada", render_id=" a1-b_2 ", scene=3))
    assert (retry.job_id, retry.by, retry.render_id, retry.scene) == ("job-1", "ada", "a1-b_2", 3)
    assert read_retry(sent(render_id=None, scene=None)) == read_retry(sent())


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"render_id": ""}, "render_id: .*copy the id alone"),
        ({"render_id": "https://provider.example/p/a1"}, "copy the id alone"),
        ({"render_id": 5}, "render_id: "),
        ({"render_id": "a1", "scene": 0}, "scene: "),
        ({"render_id": "a1", "scene": "1"}, "scene: "),
        ({"render_id": "a1", "scene": True}, "scene: "),
        ({"renderId": "a1"}, "renderId: "),
    ],
)
def test_a_retry_whose_render_cannot_be_read_is_unreadable(fields: dict[str, object], wrong: str) -> None:
    """Read as no render it would say that there is none, and another one would be paid."""
    with pytest.raises(UnreadableError, match=wrong):
        read_retry(sent(**fields))


def test_what_is_said_of_many_unknown_fields_is_cut() -> None:
    with pytest.raises(UnreadableError) as raised:
        read_retry(sent(**{f"{number}" * 100: 1 for number in range(500)}))
    assert len(raised.value.reason) == LONGEST_REASON
