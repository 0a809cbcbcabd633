"""The named points of the sweep that `make certify` makes over all of a job's life."""

from __future__ import annotations

import pytest

from tests.system.paid_once.stop_at import CannotStop, Kind
from tests.system.paid_once.sweep import Point, sweep_points

NAMED = {
    "before the approval is committed": Point(number=1, kind=Kind.DB_SYNC),
    "before the create is sent": Point(number=1, kind=Kind.POST),
    "when the create is sent and its answer is not recorded": Point(number=1, kind=Kind.DB_WRITE, after=Kind.POST),
    "before the answer is committed": Point(number=1, kind=Kind.DB_SYNC, after=Kind.POST),
    "before the video is renamed": Point(number=1, kind=Kind.RENAME),
    "when the video is in its place and not recorded": Point(number=1, kind=Kind.DB_SYNC, after=Kind.RENAME),
    "when an event is committed and not announced": Point(number=1, kind=Kind.ANNOUNCE),
    "when an event is announced and that is not recorded": Point(number=1, kind=Kind.DB_WRITE, after=Kind.ANNOUNCE),
}


@pytest.mark.timeout(300)
async def test_a_job_that_is_cut_anywhere_ends_as_if_nothing_had_happened() -> None:
    try:
        ends, problems = await sweep_points(NAMED.values())
    except CannotStop as error:
        pytest.skip(str(error))
    assert not problems, "\n".join(problems)
    assert ends.total() == len(NAMED), ends
