"""The quick rows of the fault matrix. Whether a recovery took too long is for `make faults` on a machine at rest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.system.faults.matrix import Row, all_rows, run

QUICK = [row for row in all_rows() if row.quick]


@pytest.mark.parametrize("row", QUICK, ids=[row.name for row in QUICK])
async def test_every_promise_holds_after(row: Row) -> None:
    outcome = await run(replace(row, limit_seconds=None))
    if outcome.why_not:
        pytest.skip(f"NOT TESTED: {outcome.why_not}")
    assert not outcome.problems, "\n".join(outcome.problems)
