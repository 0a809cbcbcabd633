"""The quick part of the fault matrix: one row of each kind of fault, whole services, every promise checked."""

from __future__ import annotations

import pytest

from tests.system.faults.matrix import Row, all_rows, run

QUICK = [row for row in all_rows() if row.quick]


@pytest.mark.parametrize("row", QUICK, ids=[row.name.replace(" ", "_") for row in QUICK])
async def test_every_promise_holds_after(row: Row) -> None:
    outcome = await run(row)
    if outcome.why_not:
        pytest.skip(f"not run: {outcome.why_not}")
    assert not outcome.problems, "\n".join(outcome.problems)


def test_the_matrix_has_at_least_forty_rows_with_a_story_each() -> None:
    rows = all_rows()
    assert len(rows) >= 40
    assert len({row.name for row in rows}) == len(rows)
    assert all(row.story for row in rows)
