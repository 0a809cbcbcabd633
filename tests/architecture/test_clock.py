"""Time, chance and new ids come in from outside: the wiring alone takes them, from one module of the adapters."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, attributes, imports, name, sources

MODULES = {"time", "random", "uuid", "uuid_utils", "secrets"}
IMPORTED = {"os.urandom", "os.getrandom"}
ASKED = {".now", ".utcnow", ".today"}
ASKED_OF = {"datetime", "date", "datetime.datetime", "datetime.date"}
LOOPS = ("get_running_loop().time", "get_event_loop().time", "loop.time")
CHOICE = "service/wiring/clock.py"


def sources_of_time_and_chance(path: Path) -> set[str]:
    """Return where a file takes the time, chance or a new id from."""
    taken = {module for module in imports(path) if module.split(".", 1)[0] in MODULES or module in IMPORTED}
    named = attributes(path)
    clocks = {f"{owner}{question}" for owner in ASKED_OF for question in ASKED}
    return taken | named & (clocks | IMPORTED) | {text for text in named if text.endswith(LOOPS)}


def test_time_and_chance_are_asked_for_in_the_adapters_alone() -> None:
    found = {name(path): sources_of_time_and_chance(path) for path in sources("domain", "service")}
    assert {path: taken for path, taken in found.items() if taken} == {}


def test_one_module_of_the_wiring_chooses_the_clock() -> None:
    choosing = [name(path) for path in sources("service") if any("adapters.clock" in one for one in imports(path))]
    assert choosing == [CHOICE]


def test_the_clock_is_an_adapter() -> None:
    assert sources_of_time_and_chance(ROOT / "adapters" / "clock.py") == {"datetime.now", "time", "uuid_utils"}


@pytest.mark.parametrize(
    "line",
    [
        "from time import monotonic",
        "import time",
        "from time import perf_counter as clock",
        "import random",
        "from uuid import uuid4",
        "from uuid_utils import uuid7",
        "import secrets",
        "from os import urandom",
        "import os; salt = os.urandom(8)",
        "from datetime import datetime; at = datetime.now()",
        "from datetime import datetime; ask = datetime.utcnow",
        "from datetime import date; day = date.today()",
        "import datetime; at = datetime.datetime.now(datetime.UTC)",
        "import asyncio; at = asyncio.get_running_loop().time()",
        "def late(loop, end): return loop.time() > end",
        "def later():\n    import random\n    return random.random()",
    ],
)
def test_the_rule_finds_what_it_looks_for(line: str, tmp_path: Path) -> None:
    path = tmp_path / "sample.py"
    path.write_text(f"{line}\n")
    assert sources_of_time_and_chance(path)


def test_time_that_comes_in_is_allowed(tmp_path: Path) -> None:
    path = tmp_path / "sample.py"
    path.write_text("from datetime import datetime\nat: datetime = clock.now()\nbegan = clock.monotonic()\n")
    assert sources_of_time_and_chance(path) == set()
