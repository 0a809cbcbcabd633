"""Small files, nothing left for later, and nothing that is true on one machine only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.architecture.tree import name, sources, texts

MOST_LINES = 400
# The letters in brackets keep the patterns from finding themselves.
LATER = re.compile(r"\b(T[O]DO|F[I]XME|X[X]X)\b")
REGISTRIES = re.compile(r"py[p]i\.org|python[h]osted\.org|registry\.n[p]mjs|proxy\.go[l]ang\.org|index-url\s*=")
HOMES = re.compile(r"(?<![\w.~$}])/(?:h[o]me/(?!reelwright\b|app\b)\w+|U[s]ers/\w+|r[o]ot|w[o]rk)/")


def lines_with(pattern: re.Pattern[str], paths: Iterable[Path]) -> list[str]:
    """Return where a pattern occurs, as `file:line`."""
    return [
        f"{name(path)}:{number}"
        for path in paths
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1)
        if pattern.search(line)
    ]


def test_every_file_is_small() -> None:
    lengths = {
        name(path): len(path.read_text().splitlines()) for path in sources("domain", "adapters", "service", "tests")
    }
    assert {path: lines for path, lines in lengths.items() if lines > MOST_LINES} == {}


def test_nothing_is_left_for_later() -> None:
    assert lines_with(LATER, (path for path in texts() if path.suffix != ".lock")) == []


def test_no_registry_is_named() -> None:
    assert lines_with(REGISTRIES, texts()) == []


def test_no_folder_of_one_machine_is_named() -> None:
    assert lines_with(HOMES, texts()) == []


def test_every_module_says_what_it_is_for() -> None:
    heads = {name(path): path.read_text() for path in sources("domain", "adapters", "service")}
    assert [path for path, text in heads.items() if text.strip() and not text.startswith(('"""', 'r"""'))] == []


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (LATER, "# TO" + "DO: later"),
        (REGISTRIES, "https://py" + "pi.org/simple"),
        (HOMES, 'open("/ho' + 'me/ada/file")'),
        (HOMES, "cd /wo" + "rk/main"),
    ],
)
def test_the_patterns_find_what_they_look_for(pattern: re.Pattern[str], line: str) -> None:
    assert pattern.search(line)


def test_the_rules_are_held_against_real_files() -> None:
    assert {"pyproject.toml", "README.md", "Makefile", "requirements.lock", "domain/job.py"} <= set(map(name, texts()))
