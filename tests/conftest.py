"""Real servers for the tests: each fixture module starts one and stops it by its process id."""

from __future__ import annotations

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
ONE_AFTER_THE_OTHER = {"system": "whole-services", "web": "whole-services", "faults": "faults"}
"""Folders whose tests want a core to themselves: of each group one runs at a time, beside the small tests."""

pytest_plugins = ["tests.fixtures.nats", "tests.fixtures.postgres"]


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the group that takes longest, so that both processes of `make test` end at the same time."""
    groups = {item: _group(item) for item in items}
    for item, group in groups.items():
        if group is not None:
            item.add_marker(pytest.mark.xdist_group(group))
    order = ["whole-services", None, "faults"]
    items.sort(key=lambda item: order.index(groups[item]))


def _group(item: pytest.Item) -> str | None:
    """Return the group of the innermost folder that has one."""
    folders = item.path.relative_to(TESTS).parts[:-1]
    return next((ONE_AFTER_THE_OTHER[name] for name in reversed(folders) if name in ONE_AFTER_THE_OTHER), None)
