"""Who may import whom: the domain nobody, adapters the domain, and the wiring alone the adapters.

That the rooms of the service are layers is held by the import contracts in `pyproject.toml`.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

from tests.architecture.tree import ROOT, imports, name, sources

WIRING = "service/wiring/"
ROOMS = {"domain", "adapters", "service", "tests", "examples"}
WORLD = {"logging", "random", "time", "socket", "os", "subprocess", "asyncio", "sqlite3", "secrets", "uuid", "io"}
IN_THE_SERVICE = {
    "cli", "process", "wiring", "http", "intake", "worker", "log_readers", "housekeeping", "jobs",
}  # fmt: skip
BESIDE_THE_ROOMS = {"__init__.py", "settings.py", "logs.py", "urls.py", "formats.py", "clock.py"}


def tops(path: Path) -> set[str]:
    """Return the packages that a file imports from."""
    return {module.split(".", 1)[0] for module in imports(path)}


def test_the_domain_imports_the_standard_library_and_the_machine_alone() -> None:
    allowed = {*sys.stdlib_module_names, "domain", "transitions"}
    assert {name(path): tops(path) - allowed for path in sources("domain") if tops(path) - allowed} == {}


def test_the_domain_reaches_for_nothing_outside_itself() -> None:
    assert {name(path): tops(path) & WORLD for path in sources("domain") if tops(path) & WORLD} == {}


def test_adapters_know_the_domain_only() -> None:
    others = ROOMS - {"adapters", "domain"}
    assert {name(path): tops(path) & others for path in sources("adapters") if tops(path) & others} == {}


def test_only_the_wiring_chooses_adapters() -> None:
    others = ROOMS - {"service", "domain"}
    choosing = {name(path): tops(path) & others for path in sources("service") if tops(path) & others}
    assert {path: known for path, known in choosing.items() if not path.startswith(WIRING)} == {}
    assert set().union(*choosing.values()) == {"adapters"}


def test_every_module_of_the_service_is_in_a_room() -> None:
    places = {path.relative_to(ROOT / "service").parts[0] for path in sources("service")}
    assert places - BESIDE_THE_ROOMS == IN_THE_SERVICE


def test_the_import_contracts_name_every_room_and_count_every_import() -> None:
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (layers,) = [contract for contract in linter["contracts"] if contract.get("containers") == ["service"]]
    assert layers["exhaustive"]
    assert {room for layer in layers["layers"] for room in layer.split(" | ")} >= IN_THE_SERVICE
    assert not linter.get("exclude_type_checking_imports")
    assert all("ignore_imports" not in contract for contract in linter["contracts"])


def test_the_rules_are_held_against_real_files() -> None:
    assert "domain/machine.py" in {name(path) for path in sources("domain")}
    assert "transitions.Machine" in imports(ROOT / "domain" / "machine.py")
    assert len(sources("adapters")) > 30
