"""The description of the bus, held against the official parser of AsyncAPI, which is a Node.js package."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from service.http import asyncapi

FOLDER = Path(__file__).parents[2] / "asyncapi"
PARSE_SECONDS = 60


@pytest.fixture(scope="module")
def node() -> str:
    """Return Node.js; where it or the parser is missing, say loudly what was not tested, and fail in CI."""
    found = shutil.which("node")
    if found and (FOLDER / "node_modules").exists():
        return found
    missing = "NOT TESTED: the official AsyncAPI parser is not there: npm ci --prefix tests/asyncapi"
    if os.environ.get("CI"):
        pytest.fail(missing, pytrace=False)
    pytest.skip(missing)


def parse(node: str, document: object) -> subprocess.CompletedProcess[str]:
    called = [node, FOLDER / "parse.mjs"]
    return subprocess.run(
        called, input=json.dumps(document), check=False, text=True, capture_output=True, timeout=PARSE_SECONDS
    )


def test_the_official_parser_accepts_the_description(node: str) -> None:
    answer = parse(node, asyncapi.document())
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")


def test_the_official_parser_would_find_a_mistake(node: str) -> None:
    document = asyncapi.document()
    document["operations"]["cancelJob"]["action"] = "answer"
    answer = parse(node, document)
    assert answer.returncode == 1
    assert "cancelJob" in answer.stdout
