"""The wall clock is read in `adapters/` alone: everywhere else the time comes in."""

from __future__ import annotations

from pathlib import Path

from tests.architecture.tree import ROOT, attributes, imports, name, sources

CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "datetime.datetime.now", "time.time"}
CLOCKS_IMPORTED = {"time.time", "time.time_ns", "time.localtime", "time.gmtime"}


def clocks(path: Path) -> set[str]:
    """Return the wall clocks that a file reads."""
    return attributes(path) & CLOCKS | imports(path) & CLOCKS_IMPORTED


def test_no_wall_clock_is_read_outside_the_adapters() -> None:
    assert {name(path): clocks(path) for path in sources("domain", "service") if clocks(path)} == {}


def test_the_clock_is_an_adapter() -> None:
    assert "datetime.now" in clocks(ROOT / "adapters" / "clock.py")
