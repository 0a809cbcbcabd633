"""The fault matrix itself; its rows are run by `make faults`."""

from __future__ import annotations

from tests.system.faults.matrix import all_rows


def test_the_matrix_has_at_least_forty_rows_with_a_story_each() -> None:
    rows = all_rows()
    assert len(rows) >= 40
    assert len({row.name for row in rows}) == len(rows)
    assert all(row.story for row in rows)
