"""A message that names no job: it is recorded as rejected, with everything that is wrong with it."""

from __future__ import annotations

import json

import pytest

from service.intake.approval import read_approval
from service.intake.reading import LARGEST_APPROVAL_BYTES, UnreadableError, read_job_id


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"no json",
        b'{"job_id": 1',
        b'{"job_id": 1} x',
        b"\xff\xfe",
        b'{"job_id": "\xed\xa0\x80"}',
        b'{"job_id": 1, "note": "\\ud800"}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"job_id": ' + b"1" * 5000 + b"}",
        b'{"job_id": 1, "estimated_cost": NaN}',
        b"\x00",
    ],
)
def test_what_is_no_json_is_unreadable(payload: bytes) -> None:
    with pytest.raises(UnreadableError) as unreadable:
        read_approval(payload)
    assert unreadable.value.reason == "Not JSON"
    assert unreadable.value.errors[0]


@pytest.mark.parametrize("payload", [b"[]", b'"text"', b"5", b"null", b"true"])
def test_what_is_no_object_is_unreadable(payload: bytes) -> None:
    with pytest.raises(UnreadableError) as unreadable:
        read_approval(payload)
    assert (unreadable.value.reason, unreadable.value.errors) == ("Not a JSON object", ("Not a JSON object",))


@pytest.mark.parametrize(
    "job_id",
    [None, "", " ", "a b", "../etc", "a/b", "a.b", "-a", "_a", "a" * 65, "ä", "a\n", "a\x00", -1, 1.5, True, [], {}],
)
def test_without_a_usable_job_id_a_message_counts_for_nobody(job_id: object) -> None:
    with pytest.raises(UnreadableError) as unreadable:
        read_approval(json.dumps({"job_id": job_id, "storyboard": []}).encode())
    assert unreadable.value.reason == "No usable job_id"
    assert unreadable.value.errors[0].startswith("job_id must be an integer or match")


def test_a_missing_job_id_is_no_job_id() -> None:
    with pytest.raises(UnreadableError, match="No usable job_id"):
        read_approval(b"{}")


@pytest.mark.parametrize(
    ("raw", "job_id"),
    [
        (123, "123"),
        (0, "0"),
        ("123", "123"),
        ("a", "a"),
        ("A-b_9", "A-b_9"),
        ("a" * 64, "a" * 64),
        (10**63, "1" + "0" * 63),
    ],
)
def test_an_integer_or_a_plain_name_is_a_job_id_kept_as_text(raw: object, job_id: str) -> None:
    assert read_job_id(raw) == job_id


def test_a_job_id_that_is_no_one_is_shown_but_not_in_full() -> None:
    with pytest.raises(UnreadableError) as unreadable:
        read_job_id("x" * 100_000)
    assert len(unreadable.value.errors[0]) < 300


def test_a_message_may_be_half_a_mebibyte_and_no_more() -> None:
    largest = json.dumps({"job_id": 1, "note": ""}).encode()
    largest = largest.replace(b'""', b'"' + b"x" * (LARGEST_APPROVAL_BYTES - len(largest)) + b'"')
    assert (len(largest), read_approval(largest).job_id) == (512 * 1024, "1")
    with pytest.raises(UnreadableError, match=r"^Too large: 524289 bytes, at most 524288 are read$"):
        read_approval(largest + b" ")
