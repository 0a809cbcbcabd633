"""What must hold after every fault, whatever it was: checked here, in one place, from what is stored and heard."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from tests.system.faults.bus import heard
from tests.system.faults.world import SECRETS, World
from tests.system.running import run_verb

LAST_EVENTS = {
    "VideoCompleted": "completed",
    "JobFailed": "failed",
    "StoryboardRefused": "failed",
    "JobCancelled": "cancelled",
}
LAST_WORDS = {"video.completed": "completed", "video.failed": "failed", "video.cancelled": "cancelled"}

Event = tuple[int, str, int, str, Any]


async def broken(world: World) -> list[str]:
    """Return every promise that does not hold; waits for the end of all jobs and of the announcements first."""
    await world.until_ended()
    await world.until_announced()
    events = await world.rows("SELECT position, job_id, version, type, data FROM events ORDER BY position")
    statuses = await world.statuses()
    announced = await heard(world.bus_url)
    return [
        *in_history(events, statuses, approved=world.approved, may_fail=world.may_fail),
        *_in_the_books(world),
        *on_the_bus(events, announced, statuses),
        *_in_files(world, events),
        *_in_logs(world),
        *await asyncio.to_thread(_by_replay, world),
    ]


def in_history(
    events: Sequence[Event], statuses: Mapping[str, str], *, approved: AbstractSet[str], may_fail: AbstractSet[str]
) -> Iterator[str]:
    """Name every gap, every job without exactly one end, and every end that the read model does not show."""
    positions = [position for position, *_ in events]
    if positions != list(range(1, len(positions) + 1)):
        yield "the positions of the log have a gap"
    versions, ends = defaultdict(list), defaultdict(list)
    for _, job_id, version, kind, _ in events:
        versions[job_id].append(version)
        if kind in LAST_EVENTS:
            ends[job_id].append(LAST_EVENTS[kind])
    for job_id in sorted(approved):
        if versions[job_id] != list(range(1, len(versions[job_id]) + 1)):
            yield f"{job_id}: versions {versions[job_id]}"
        if len(ends[job_id]) != 1:
            yield f"{job_id}: {len(ends[job_id])} final events"
        elif ends[job_id] != [statuses.get(job_id)]:
            yield f"{job_id}: ended {ends[job_id][0]}, but the read model says {statuses.get(job_id)}"
        elif ends[job_id] != ["completed"] and job_id not in may_fail:
            yield f"{job_id}: {ends[job_id][0]} instead of completed"
    if strangers := set(versions) - approved:
        yield f"jobs that nobody approved: {sorted(strangers)}"


def _in_the_books(world: World) -> Iterator[str]:
    if world.provider is None:
        return
    creates = Counter(str(line["input"]["image_urls"][0]).split("/")[3] for line in world.provider.creates)
    for job_id in sorted(world.approved - world.may_fail):
        if creates[job_id] != 1:
            yield f"{job_id}: created {creates[job_id]} times at the provider"


def on_the_bus(
    events: Sequence[Event], announced: Sequence[Mapping[str, Any]], statuses: Mapping[str, str]
) -> Iterator[str]:
    """The stream itself has no repeats, and a consumer that drops them anyway hears one end of each job."""
    sequences, ends = defaultdict(list), defaultdict(list)
    for body in announced:
        if body["subject"] == "video.progress":
            sequences[body["job_id"]].append(body["sequence"])
        else:
            ends[body["job_id"]].append(LAST_WORDS[body["subject"]])
    for job_id, count in Counter(job_id for _, job_id, *_ in events).items():
        if sequences[job_id] != list(range(1, count + 1)):
            yield f"{job_id}: {count} events were announced as {sequences[job_id]}"
        if ends[job_id] != [statuses.get(job_id)]:
            yield f"{job_id}: {statuses.get(job_id)}, announced {ends[job_id]}"


def _in_files(world: World, events: list[Event]) -> Iterator[str]:
    if world.provider is None:
        return
    for _, job_id, _, kind, data in events:
        if kind != "VideoCompleted":
            continue
        wanted = json.loads(data)["sha256"]
        places = [service.data_dir / "videos" / job_id / "final.mp4" for service in world.services]
        found = {hashlib.sha256(place.read_bytes()).hexdigest() for place in places if place.exists()}
        if wanted not in found:
            yield f"{job_id}: no file has the hash of its event"


def _in_logs(world: World) -> Iterator[str]:
    for service in world.services:
        text = service.log_path.read_text(errors="replace") if service.log_path.exists() else ""
        for secret in SECRETS:
            if secret in text:
                yield f"a secret is in the log of {service.data_dir.name}"


def _by_replay(world: World) -> list[str]:
    """Fold, read model and hash chain, as a user would check them."""
    verified = run_verb(world.services[0], "replay", "--verify")
    if verified.returncode == 0:
        return []
    return [f"replay --verify: exit {verified.returncode}: {verified.stdout[-400:]} {verified.stderr[-400:]}"]
