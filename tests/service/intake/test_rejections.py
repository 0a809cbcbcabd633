"""What is recorded of a message that could not be taken."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest

from service.intake.rejections import KEPT_BYTES, rejection_body


def body(payload: bytes) -> dict[str, Any]:
    recorded = json.loads(
        rejection_body(payload, reason="Not JSON", errors=["line 1"], subject="storyboard.approved", stream_sequence=7)
    )
    assert isinstance(recorded, dict)
    return recorded


def test_everything_that_is_known_is_recorded() -> None:
    assert body(b"no json") == {
        "reason": "Not JSON",
        "errors": ["line 1"],
        "subject": "storyboard.approved",
        "stream_sequence": 7,
        "payload": "no json",
        "payload_encoding": "utf-8",
        "payload_size_bytes": 7,
        "payload_sha256": hashlib.sha256(b"no json").hexdigest(),
    }


@pytest.mark.parametrize("payload", [b"", "ä😀".encode(), b'{"a": "b"}\r\n\t', b"\x7f"])
def test_text_is_shown_as_text(payload: bytes) -> None:
    recorded = body(payload)
    assert (recorded["payload_encoding"], recorded["payload"]) == ("utf-8", payload.decode())


@pytest.mark.parametrize("payload", [b"\xff\xfe", b"\x00", b"a\x01b", b"\xc3", bytes(range(256)), b"\xed\xa0\x80"])
def test_what_is_no_text_is_shown_as_base64(payload: bytes) -> None:
    recorded = body(payload)
    assert recorded["payload_encoding"] == "base64"
    assert base64.b64decode(recorded["payload"]) == payload


def test_a_long_payload_is_cut_and_its_size_and_hash_are_those_of_all_of_it() -> None:
    payload = b"x" * (KEPT_BYTES + 1)
    recorded = body(payload)
    assert recorded["payload"] == "x" * KEPT_BYTES
    assert recorded["payload_size_bytes"] == KEPT_BYTES + 1
    assert recorded["payload_sha256"] == hashlib.sha256(payload).hexdigest()


@pytest.mark.parametrize("shift", [0, 1, 2, 3])
def test_a_character_that_the_cut_splits_is_left_out(shift: int) -> None:
    payload = b"x" * shift + "😀".encode() * (KEPT_BYTES // 4 + 1)
    recorded = body(payload)
    assert recorded["payload_encoding"] == "utf-8"
    assert payload.startswith(recorded["payload"].encode())
    assert KEPT_BYTES - len(recorded["payload"].encode()) < 4


def test_a_payload_that_ends_within_a_character_without_being_cut_is_no_text() -> None:
    assert body("😀".encode()[:3])["payload_encoding"] == "base64"


def test_binary_that_is_cut_is_shown_as_base64_of_the_first_part() -> None:
    payload = b"\xff" * (KEPT_BYTES * 2)
    assert base64.b64decode(body(payload)["payload"]) == b"\xff" * KEPT_BYTES
