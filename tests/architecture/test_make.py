"""`make help` says what each target does, and so does plain `make`."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.architecture.tree import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()
PROMISED = {"install", "demo", "test", "interop", "lint", "lock", "bench", "certify", "faults", "help"}


def make(*targets: str) -> str:
    """Return what make prints."""
    called = subprocess.run(["make", *targets], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True)
    return called.stdout


def targets() -> set[str]:
    """Return the targets that people call."""
    return set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))


@pytest.mark.parametrize("call", [(), ("help",)], ids=["make", "make help"])
def test_make_says_what_each_target_does(call: tuple[str, ...]) -> None:
    shown = re.findall(r"^  make ([a-z]+) +\S.*$", make(*call), re.MULTILINE)
    assert sorted(shown) == sorted(targets())


def test_every_promised_target_is_there_and_is_no_file() -> None:
    assert targets() >= PROMISED
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert phony is not None
    assert set(phony[1].split()) == targets()
