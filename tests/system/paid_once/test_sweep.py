"""The named points of the sweep that `make certify` makes over all of a job's life."""

from __future__ import annotations

import pytest

from tests.system.paid_once.stop_at import CannotStop
from tests.system.paid_once.sweep import NAMED, sweep_points


@pytest.mark.timeout(300)
async def test_a_job_that_is_cut_anywhere_ends_as_if_nothing_had_happened() -> None:
    try:
        ends, problems = await sweep_points(NAMED.values())
    except CannotStop as error:
        pytest.skip(str(error))
    assert not problems, "\n".join(problems)
    assert ends.total() == len(NAMED), ends
