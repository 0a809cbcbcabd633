"""What the documents for contributors name is there: files, links, make targets."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.test_make import targets
from tests.architecture.tree import ROOT, files, name

NAMES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/architecture.md", "domain/README.md")
DOCUMENTS = [ROOT / name for name in NAMES]
FILE = re.compile(r"`([\w./-]+\.(?:py|toml|md))`")
LINK = re.compile(r"\]\(([^):#]+)\)")
TARGET = re.compile(r"(?:`|^    )make ([a-z]+)", re.MULTILINE)


def missing_files(text: str) -> set[str]:
    """Return the files in backquotes that are not there; a bare name may lie in any folder."""
    there = [f"/{name(path)}" for path in (*ROOT.glob("*.*"), *files("domain", "adapters", "service", "tests", "docs"))]
    return {named for named in FILE.findall(text) if not any(path.endswith(f"/{named}") for path in there)}


def dead_links(text: str, folder: Path) -> set[str]:
    """Return the links to nothing."""
    return {link for link in LINK.findall(text) if not (folder / link).exists()}


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_what_a_document_names_is_there(document: Path) -> None:
    text = document.read_text()
    assert missing_files(text) == set()
    assert dead_links(text, document.parent) == set()
    assert set(TARGET.findall(text)) <= targets()


def test_what_is_not_there_is_found() -> None:
    assert missing_files("`machine.py`, `domain/machine.py`, `service/machine.py`, `gone.py`") == {
        "service/machine.py",
        "gone.py",
    }
    assert dead_links("[here](README.md), [there](docs/gone.md), [far](https://example.com)", ROOT) == {"docs/gone.md"}
    assert TARGET.findall("`make gone`\n    make lost  # why\n    make new ARGS=-q\n") == ["gone", "lost", "new"]
