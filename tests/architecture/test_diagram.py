"""Every drawing of the job's states in a document is the one that the machine draws."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from domain.diagram import MARK, draw
from domain.machine import Status

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "domain" / "README.md"]
FENCED = re.compile(r"^```mermaid\n(.*?)\n```$", re.MULTILINE | re.DOTALL)


def drawings(document: Path) -> list[str]:
    """Return the drawings of states, also one whose mark was lost."""
    blocks = FENCED.findall(document.read_text())
    return [block for block in blocks if MARK in block or block.startswith("stateDiagram")]


@pytest.mark.parametrize("document", DOCUMENTS, ids=["README.md", "domain/README.md"])
def test_the_drawing_in_a_document_is_the_machines(document: Path) -> None:
    assert set(drawings(document)) <= {draw()}


def test_the_domain_shows_its_drawing_once() -> None:
    assert drawings(ROOT / "domain" / "README.md") == [draw()]


def test_every_status_and_event_is_in_the_drawing() -> None:
    text = draw()
    assert all(str(status) in text for status in Status if status is not Status.NEW)
    assert text.splitlines()[0] == "stateDiagram-v2"
    assert "    [*] --> approved : StoryboardApproved" in text.splitlines()
    assert "    rendering --> downloading : RenderSucceeded" in text.splitlines()


def test_only_what_nothing_leads_out_of_is_an_end() -> None:
    assert [line.strip() for line in draw().splitlines() if line.endswith("[*]")] == [
        "completed --> [*]",
        "cancelled --> [*]",
    ]
