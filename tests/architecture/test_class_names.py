"""A class name has one meaning: whoever reads it knows which class is meant."""

from __future__ import annotations

import ast
from collections import defaultdict

from tests.architecture.tree import name, sources

MIGRATIONS = "adapters/sql/migrations/"


def places() -> dict[str, list[str]]:
    """Return the files that define each class."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for path in sources("domain", "adapters", "service"):
        if not name(path).startswith(MIGRATIONS):
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.ClassDef):
                    found[node.name].append(name(path))
    return found


def test_a_class_name_is_defined_once() -> None:
    assert {known: files for known, files in places().items() if len(files) > 1} == {}


def test_the_rule_is_held_against_real_files() -> None:
    assert places()["JobSummary"] == ["domain/summary.py"]
