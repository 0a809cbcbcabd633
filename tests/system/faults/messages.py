"""Approvals as a careless publisher sends them: repeated, out of order, too large, unreadable."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tests.system.faults.bus import bus_client
from tests.system.faults.matrix import row
from tests.system.faults.world import World
from tests.system.paid_once.provider import approval_of

TIMES = 10
TOO_LARGE_BYTES = 700_000


async def _publish(world: World, messages: Sequence[tuple[bytes, str | None]]) -> None:
    async with bus_client(world.bus_url) as client:
        for body, message_id in messages:
            headers = {"Nats-Msg-Id": message_id} if message_id else None
            await client.jetstream().publish("storyboard.approved", body, headers=headers)


def _body(name: str, **more: Any) -> bytes:
    return json.dumps(approval_of(name) | more).encode()


async def _rejections(world: World) -> int:
    async with bus_client(world.bus_url) as client:
        info = await client.jetstream().stream_info("STORYBOARD", subjects_filter="storyboard.rejected")
        return int((info.state.subjects or {}).get("storyboard.rejected", 0))


async def _rejected(world: World, count: int) -> float:
    async def there() -> bool:
        return await _rejections(world) >= count

    took = await world.until(there, f"{count} rejections")
    assert await _rejections(world) == count, "a message was rejected twice"
    return took


@row()
async def approvals_come_ten_times_inside_the_dedup_window(world: World) -> Sequence[float]:
    """Ten jobs, each published ten times under one message id."""
    world.with_nats()
    world.with_provider()
    await world.workers(1)
    names = [f"again-{number}" for number in range(TIMES)]
    world.approved.update(names)
    await _publish(world, [(_body(name), name) for name in names for _ in range(TIMES)])
    return [await world.until_ended()]


@row(quick=True)
async def approvals_come_ten_times_outside_the_dedup_window(world: World) -> Sequence[float]:
    """Ten jobs, each published ten times without a message id, mixed, before and after their end; two workers."""
    world.with_nats()
    world.with_postgres()
    world.with_provider()
    await world.workers(2)
    names = [f"again-{number}" for number in range(TIMES)]
    world.approved.update(names)
    await _publish(world, [(_body(name), None) for _ in range(TIMES // 2) for name in names])
    took = await world.until_ended()
    await _publish(world, [(_body(name), None) for _ in range(TIMES // 2) for name in reversed(names)])
    await world.until_ended(await world.approve(1))
    return [took]


@row()
async def messages_come_out_of_order(world: World) -> Sequence[float]:
    """A second storyboard, a refusal and a repetition around each approval; the first one that counts wins."""
    world.with_nats()
    world.with_provider()
    await world.workers(1)
    names = [f"mixed-{number}" for number in range(5)]
    world.approved.update(names)
    await _publish(world, [(_body(name), None) for name in reversed(names)])
    await world.until_ended()
    other = [(_body(name, storyboard=approval_of("other")["storyboard"]), None) for name in names]
    await _publish(world, [*other, *((_body(name), None) for name in names)])
    return [await _rejected(world, len(names))]


@row()
async def messages_that_nobody_can_read_stand_among_good_ones(world: World) -> Sequence[float]:
    """No JSON, no job, a bad job_id, and 700 kB: each is recorded with its reason, and what follows flows."""
    world.with_nats()
    world.with_provider()
    await world.workers(1)
    bad = [b"\xff\xfe{", b"[]", b'{"job_id": "../x"}', b"{}", b'{"job_id": 1, "x": "' + b"y" * TOO_LARGE_BYTES + b'"}']
    await _publish(world, [(body, None) for body in bad])
    jobs = await world.approve(3)
    await world.until_ended(jobs)
    return [await _rejected(world, len(bad))]
