"""A door translates: HTTP, pages, NATS and the command line change, price and judge jobs by the operations alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, imports, name, sources

DOORS = ("service/http", "service/cli", "service/intake", "service/log_readers", "service/housekeeping")
BEHIND = ("service.jobs.repository", "domain.cost", "domain.decide")
"""What loads and appends, what knows prices, what decides."""


def gone_past(path: Path) -> set[str]:
    """Return what a file imports from behind the operations."""
    return {module for module in imports(path) if any(f"{module}.".startswith(f"{part}.") for part in BEHIND)}


def test_no_door_goes_past_the_operations() -> None:
    assert {name(path): gone_past(path) for path in sources(*DOORS) if gone_past(path)} == {}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("from service.jobs.repository import JobRepository", "service.jobs.repository.JobRepository"),
        ("from service.jobs import repository", "service.jobs.repository"),
        ("import domain.cost", "domain.cost"),
        ("from domain.decide import decide", "domain.decide.decide"),
        ("def price():\n    from domain.cost import Prices", "domain.cost.Prices"),
        ("if TYPE_CHECKING:\n    from domain.decide import advance", "domain.decide.advance"),
    ],
)
def test_what_goes_past_them_is_found(tmp_path: Path, line: str, found: str) -> None:
    door = tmp_path / "door.py"
    door.write_text(
        f"{line}\nfrom domain.costs_of_others import Prices\nfrom service.jobs.operations import JobOperations\n"
    )
    assert gone_past(door) == {found}


def test_the_rule_is_held_against_real_files() -> None:
    held = {name(path) for path in sources(*DOORS)}
    assert {"service/http/pages/new_page.py", "service/cli/verbs/demo.py", "service/intake/subscribers.py"} <= held
    assert gone_past(ROOT / "service" / "jobs" / "operations.py")
