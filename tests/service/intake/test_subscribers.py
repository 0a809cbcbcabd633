"""What the subscribers do with messages of a real nats-server: stored and acked, given back, rejected, answered."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

import pytest
from nats.aio.client import Client
from nats.errors import NoRespondersError
from prometheus_client import CollectorRegistry, generate_latest

from adapters import clock
from adapters.bus import streams
from adapters.bus.rejections import NatsRejections
from domain.cost import Prices
from domain.errors import Unavailable
from domain.records import Append, Recorded
from service.intake.approvals import Intake
from service.intake.broker import IntakeBroker
from service.intake.subscribers import APPROVALS_AT_ONCE, PULL_SECONDS, approvals_router, commands_router
from service.jobs.operations import JobOperations
from service.jobs.repository import JobRepository
from tests.domain import scenario
from tests.fixtures.nats import NatsServer
from tests.service.jobs.known_renders import KnownRenders
from tests.service.log_readers.announcing import MemoryStore, until


class NeverRestored:
    async def last(self) -> datetime | None:
        return None


NOW = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
SCENE = {"image_url": "https://images.example/1.png"}


class Store(MemoryStore):
    """A store that can be away, or slow until it is let go; it notes how many appends ran at once."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False
        self.free = asyncio.Event()
        self.free.set()
        self.at_once = self.most_at_once = 0

    async def append(self, entry: Append) -> tuple[Recorded, ...]:
        if self.away:
            raise Unavailable("the database is away")
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await self.free.wait()
        self.at_once -= 1
        return await super().append(entry)


@dataclass(kw_only=True)
class Bus:
    """A broker that listens, what it stores into, and a client that sends."""

    broker: IntakeBroker
    store: Store
    client: Client
    registry: CollectorRegistry
    repository: JobRepository
    renders: KnownRenders

    async def approve(self, **fields: object) -> None:
        await self.send(json.dumps({"job_id": "a", "storyboard": [SCENE], **fields}).encode())

    async def send(self, payload: bytes) -> None:
        await self.client.jetstream().publish("storyboard.approved", payload)

    async def ask(self, verb: str, payload: bytes) -> dict[str, object]:
        reply = await self.client.request(f"reelwright.{verb}", payload, timeout=10)
        answer: dict[str, object] = json.loads(reply.data)
        return answer

    async def all_acked(self) -> None:
        """Wait until no approval is left, neither to be given nor to be acked."""
        js = self.client.jetstream()
        async with asyncio.timeout(20):
            while await streams.waiting(js):
                await asyncio.sleep(0.02)

    async def rejected(self) -> list[dict[str, object]]:
        found = await self.client.jetstream().pull_subscribe("storyboard.rejected", stream="STORYBOARD")
        return [json.loads(message.data) for message in await found.fetch(10, timeout=1)]

    def stored(self) -> list[tuple[str, str]]:
        return [(recorded.job_id, type(recorded.event).__name__) for recorded in self.store.events]


@pytest.fixture
async def bus(nats_server: NatsServer, nats_client: Client) -> AsyncIterator[Bus]:
    await streams.ensure(nats_client.jetstream())
    store, numbers, registry = Store(), count(1), CollectorRegistry()
    repository = JobRepository(store, new_id=lambda: f"id-{next(numbers)}", metadata={})
    renders = KnownRenders("found")
    operations = JobOperations(repository, prices=Prices, now=lambda: NOW, download_seconds=60, lookup=renders)
    intake = Intake(operations, store, NeverRestored(), monotonic=clock.monotonic)
    broker = IntakeBroker(
        [nats_server.url],
        approvals=approvals_router(intake, NatsRejections(nats_client)),
        commands=commands_router(operations),
        registry=registry,
    )
    await broker.start()
    await _answers(nats_client)
    yield Bus(broker=broker, store=store, client=nats_client, registry=registry, repository=repository, renders=renders)
    await broker.stop()


async def _answers(client: Client) -> None:
    """Wait until the server knows the subscribers of commands."""
    async with asyncio.timeout(10):
        for verb in ("cancel", "retry"):
            while True:
                with suppress(NoRespondersError):
                    await client.request(f"reelwright.{verb}", b"", timeout=10)
                    break
                await asyncio.sleep(0.02)


async def test_an_approval_is_stored_and_acked(bus: Bus) -> None:
    await bus.approve()
    await bus.all_acked()
    assert bus.stored() == [("a", "StoryboardApproved")]


async def test_what_cannot_be_read_is_rejected_and_acked(bus: Bus) -> None:
    await bus.send(b"no json")
    await bus.all_acked()
    (rejected,) = await bus.rejected()
    assert (rejected["reason"], rejected["payload"], rejected["stream_sequence"]) == ("Not JSON", "no json", 1)
    assert bus.stored() == []


async def test_another_storyboard_of_the_same_job_is_rejected_and_acked(bus: Bus) -> None:
    await bus.approve()
    await bus.all_acked()
    await bus.approve(storyboard=[SCENE, SCENE])
    await bus.all_acked()
    (rejected,) = await bus.rejected()
    assert rejected["reason"] == "Job a was already approved with another storyboard"
    assert rejected["errors"] == [rejected["reason"]]


async def test_an_approval_that_cannot_be_stored_now_comes_again(bus: Bus) -> None:
    bus.store.away = True
    await bus.approve()
    await until(lambda: b'status="nacked"' in generate_latest(bus.registry))
    assert bus.stored() == []
    bus.store.away = False
    await bus.all_acked()
    assert bus.stored() == [("a", "StoryboardApproved")]


async def test_as_many_approvals_are_in_hand_as_there_are_subscribers_and_no_more(bus: Bus) -> None:
    bus.store.free.clear()
    for number in range(APPROVALS_AT_ONCE * 2):
        await bus.approve(job_id=f"job-{number}")
    await until(lambda: bus.store.at_once == APPROVALS_AT_ONCE)
    bus.store.free.set()
    await bus.all_acked()
    assert bus.store.most_at_once == APPROVALS_AT_ONCE
    assert len(bus.stored()) == APPROVALS_AT_ONCE * 2


async def test_a_command_is_carried_out_and_answered(bus: Bus) -> None:
    await bus.approve()
    await bus.all_acked()
    assert await bus.ask("cancel", b'{"job_id": "a", "by": "ada"}') == {"ok": True, "status": "cancelled"}
    assert bus.stored()[-1] == ("a", "JobCancelled")


@pytest.mark.parametrize(
    ("payload", "title", "detail", "status"),
    [
        (b'{"job_id": "none"}', "Not found", "There is no job none", 404),
        (b"cancel", "Unreadable", "Not JSON", 422),
        (b"[]", "Unreadable", "Not a JSON object", 422),
        (b"{}", "Unreadable", "No usable job_id", 422),
        (b'{"job_id": "\\ud800"}', "Unreadable", "Not JSON", 422),
    ],
)
@pytest.mark.parametrize("verb", ["cancel", "retry"])
async def test_a_command_that_is_not_carried_out_is_answered_with_the_problem(
    bus: Bus, verb: str, payload: bytes, title: str, detail: str, status: int
) -> None:
    assert await bus.ask(verb, payload) == {"ok": False, "title": title, "detail": detail, "status": status}


async def test_a_command_that_is_not_possible_now_is_answered_with_the_problem(bus: Bus) -> None:
    await bus.approve()
    await bus.all_acked()
    reply = await bus.ask("retry", b'{"job_id": "a"}')
    assert (reply["ok"], reply["title"], reply["status"]) == (False, "Not possible now", 409)


async def unresolved(bus: Bus) -> None:
    for command in (scenario.approve(), scenario.request(), scenario.leave()):
        await bus.repository.execute("a", command)


async def test_a_render_that_a_person_found_is_adopted_over_the_bus(bus: Bus) -> None:
    await unresolved(bus)
    assert await bus.ask("retry", b'{"job_id": "a", "render_id": "found"}') == {"ok": True, "status": "rendering"}
    assert [kind for _, kind in bus.stored()[-2:]] == ["RenderResolved", "RenderAccepted"]


@pytest.mark.parametrize(
    ("fields", "title", "detail", "status"),
    [
        ({"render_id": "other"}, "Not found", "replicate does not know a render other", 404),
        ({"render_id": "found", "scene": 2}, "Not possible now", "no render of scene 2 needs a person", 409),
        ({"render_id": "a/b"}, "Unreadable", "render_id: ", 422),
        ({"renderId": "found"}, "Unreadable", "renderId: ", 422),
    ],
)
async def test_a_render_that_is_not_adopted_is_answered_with_the_problem(
    bus: Bus, fields: dict[str, object], title: str, detail: str, status: int
) -> None:
    await unresolved(bus)
    reply = await bus.ask("retry", json.dumps({"job_id": "a", **fields}).encode())
    assert (reply["ok"], reply["title"], reply["status"]) == (False, title, status)
    assert str(reply["detail"]).startswith(detail)
    assert bus.stored()[-1] == ("a", "RenderUnresolved")


async def test_a_provider_that_is_away_is_answered_as_a_problem_that_passes(bus: Bus) -> None:
    await unresolved(bus)
    bus.renders.away = "the provider does not answer"
    reply = await bus.ask("retry", b'{"job_id": "a", "render_id": "found"}')
    assert reply == {"ok": False, "title": "Try again later", "detail": "the provider does not answer", "status": 503}


async def test_there_is_none_over_the_bus(bus: Bus) -> None:
    await unresolved(bus)
    assert await bus.ask("retry", b'{"job_id": "a"}') == {"ok": True, "status": "rendering"}
    assert bus.stored()[-1] == ("a", "RenderResolved")


async def test_messages_are_counted_by_subject_and_by_nothing_that_grows(bus: Bus) -> None:
    for number in range(3):
        await bus.approve(job_id=f"job-{number}")
    await bus.all_acked()
    await bus.ask("cancel", b"{}")
    figures = generate_latest(bus.registry).decode()
    received = [line for line in figures.splitlines() if line.startswith("faststream_received_messages_total")]
    assert received == [
        'faststream_received_messages_total{app_name="reelwright",broker="nats",handler="reelwright.cancel"} 2.0',
        'faststream_received_messages_total{app_name="reelwright",broker="nats",handler="reelwright.retry"} 1.0',
        'faststream_received_messages_total{app_name="reelwright",broker="nats",handler="storyboard.approved"} 3.0',
    ]
    assert "job-1" not in figures


@pytest.mark.parametrize("missing", ["consumer", "stream"])
async def test_a_paused_intake_asks_for_nothing_and_goes_on_after_the_next_start(bus: Bus, missing: str) -> None:
    """FastStream asks for a missing consumer at full speed: 8,000 times a second, half a core."""
    js = bus.client.jetstream()
    await (js.delete_consumer("STORYBOARD", "reelwright") if missing == "consumer" else js.delete_stream("STORYBOARD"))
    await bus.broker.pause()
    await bus.broker.pause()
    await asyncio.sleep(PULL_SECONDS + 0.2)  # a pull that the server knows lasts that long
    used = time.process_time()
    await asyncio.sleep(1)
    assert time.process_time() - used < 0.1
    async with asyncio.timeout(10):
        while "consumer reelwright" not in await streams.ensure(js):
            await asyncio.sleep(0.02)
    await bus.approve()
    await bus.broker.start()
    await bus.broker.start()
    await bus.all_acked()
    assert bus.stored() == [("a", "StoryboardApproved")]


async def test_a_paused_intake_still_answers_commands(bus: Bus) -> None:
    await bus.broker.pause()
    assert (await bus.ask("cancel", b"{}"))["title"] == "Unreadable"


async def test_an_intake_that_was_stopped_does_not_start_again(bus: Bus) -> None:
    await bus.broker.stop()
    await bus.broker.start()
    await bus.approve()
    await asyncio.sleep(0.3)
    assert bus.stored() == []


async def test_where_the_server_is_away_nothing_is_paused(bus: Bus, nats_server: NatsServer) -> None:
    """Nobody asks at full speed then, and after the reconnect intake goes on without a start."""
    nats_server.kill()
    await asyncio.sleep(0.3)
    await bus.broker.pause()
    nats_server.start()
    async with asyncio.timeout(20):
        while not bus.client.is_connected:
            await asyncio.sleep(0.02)
    await bus.approve()
    await bus.all_acked()
    assert bus.stored() == [("a", "StoryboardApproved")]
