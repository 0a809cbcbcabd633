"""What an append promises, on both dialects."""

from __future__ import annotations

import pytest

from domain.errors import Refused, VersionConflict
from domain.evolve import replay
from service.jobs.event_store import EventStore
from tests.adapters.sql.drives import Drive, approved, finished, new_id, progressed, requested


async def test_appended_events_come_back_in_order_and_fold_to_the_same_job(store: EventStore):
    drive = Drive()
    await store.append(drive.step(approved()))
    recorded = await store.append(drive.step(requested(), *finished()))
    history = await store.history(drive.job_id)
    assert [one.version for one in history] == [1, 2, 3, 4, 5, 6]
    assert history[1:] == recorded
    assert replay(drive.job_id, (one.event for one in history)) == drive.job
    assert await store.read(after=0, limit=100) == list(history)


async def test_a_page_begins_after_a_position_and_ends_at_its_limit(store: EventStore):
    for _ in range(5):
        await store.append(Drive().step(approved()))
    assert [one.position for one in await store.read(after=1, limit=3)] == [2, 3, 4]
    assert await store.read(after=5, limit=3) == []


async def test_a_history_up_to_a_version_is_a_prefix_and_that_of_an_unknown_job_is_empty(store: EventStore):
    drive = Drive()
    await store.append(drive.step(approved(), requested()))
    assert [one.version for one in await store.history(drive.job_id, upto_version=1)] == [1]
    assert await store.history("nobody") == ()


async def test_a_second_write_at_the_same_version_is_a_conflict(store: EventStore):
    drive = Drive()
    await store.append(drive.step(approved()))
    rival = drive.peek(requested())
    await store.append(drive.step(requested()))
    with pytest.raises(VersionConflict, match="is at version 2, not at 1"):
        await store.append(rival)
    assert len(await store.history(drive.job_id)) == 2


async def test_two_approvals_of_one_new_job_leave_one(store: EventStore):
    drive = Drive()
    rival = drive.peek(approved())
    await store.append(drive.step(approved()))
    with pytest.raises(VersionConflict):
        await store.append(rival)


async def test_a_write_beyond_the_end_of_a_history_is_a_conflict(store: EventStore):
    drive = Drive()
    drive.step(approved())
    with pytest.raises(VersionConflict, match="is at version 0, not at 1"):
        await store.append(drive.step(requested()))


async def test_the_same_append_again_succeeds_with_the_old_positions(store: EventStore):
    drive = Drive()
    entry = drive.step(approved(), requested())
    first = await store.append(entry)
    await store.append(drive.step(progressed()))
    assert await store.append(entry) == first
    assert len(await store.read(after=0, limit=100)) == 3


async def test_another_event_under_a_used_id_is_refused_and_the_job_stays_as_it_was(store: EventStore):
    drive, used = Drive(), new_id()
    await store.append(drive.step(approved(), ids=(used,)))
    with pytest.raises(Refused, match="taken by another event"):
        await store.append(drive.peek(requested(), ids=(used,)))
    with pytest.raises(Refused, match="taken by another event"):
        await store.append(Drive().step(approved(), ids=(used,)))
    await store.append(drive.step(requested()))


async def test_time_never_runs_backwards_in_the_log(store: EventStore, hands):
    first = await store.append(Drive().step(approved()))
    hands.pass_by(-3600)
    second = await store.append(Drive().step(approved()))
    assert second[0].recorded_at == first[0].recorded_at


async def test_metadata_and_texts_come_back_to_the_letter(store: EventStore):
    drive = Drive()
    entry = drive.step(approved(storyboard_hash="ü\x00\u2028'\"\\ {}"))
    object.__setattr__(entry, "metadata", {"traceparent": "00-é-1"})
    await store.append(entry)
    (recorded,) = await store.history(drive.job_id)
    assert recorded.event == entry.events[0].event
    assert recorded.metadata == {"traceparent": "00-é-1"}


async def test_a_closed_store_refuses_politely(database, store: EventStore):
    await store.close()
    with pytest.raises(Exception, match="closed"):
        await store.append(Drive().step(approved()))
