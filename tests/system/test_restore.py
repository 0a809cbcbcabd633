"""A database put back from a copy: whatever NATS gives again, nothing is rendered a second time without a person."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import nats

from tests.fixtures.nats import NatsServer
from tests.system.running import Service, approval, run_verb


async def give_everything_again(service: Service) -> None:
    """Delete the consumer: the watchdog makes a new one, which begins at the stream's first message."""
    client = await nats.connect(service.nats_url)
    await client.jetstream().delete_consumer("STORYBOARD", "reelwright")
    await client.close()


async def all_taken(service: Service) -> None:
    async def done() -> bool:
        client = await nats.connect(service.nats_url)
        try:
            state = await client.jetstream().consumer_info("STORYBOARD", "reelwright")
        except nats.js.errors.NotFoundError:
            return False
        finally:
            await client.close()
        return state.num_pending == 0 and state.num_ack_pending == 0 and state.delivered.stream_seq > 0

    await service.until(done, what="the end of the messages")


def put_back(service: Service, copy: Path) -> None:
    for leftover in service.data_dir.glob("reelwright.db*"):
        leftover.unlink()
    shutil.copyfile(copy, service.data_dir / "reelwright.db")


async def types(service: Service, job_id: str) -> list[str]:
    return [event["type"] for event in await service.events(job_id)]


async def test_an_approval_older_than_the_restore_waits_for_a_person(make_service, tmp_path: Path) -> None:
    """The copy lacks a job that was rendered after it was made; its approval comes again from the stream."""
    service: Service = make_service(REELWRIGHT_RENDERER="noop")
    await service.start()
    await service.approve(approval("before"))
    before = await service.job_in("before", "completed")
    made = run_verb(service, "backup", str(tmp_path / "copy.db"), "--json")
    assert json.loads(made.stdout)["position"] == before["version"], made.stderr
    await service.approve(approval("after"))
    await service.job_in("after", "completed")
    assert service.stop() == 0

    put_back(service, tmp_path / "copy.db")
    marked = run_verb(service, "restored", "--json")
    assert json.loads(marked.stdout)["position"] == before["version"], marked.stderr
    await service.start()
    held = await service.job_in("after", "failed", "completed")
    assert await types(service, "after") == ["StoryboardRefused"]
    assert "before the database was restored from a copy" in held["error_message"]
    assert (await service.job("before"))["version"] == before["version"]
    await is_announced(service, "after", "StoryboardRefused")

    await give_everything_again(service)
    await all_taken(service)
    assert await types(service, "after") == ["StoryboardRefused"]

    await service.approve(approval("after"))
    await service.job_in("after", "completed")
    await give_everything_again(service)
    await all_taken(service)
    assert (await types(service, "after")).count("RenderRequested") == 1
    assert run_verb(service, "replay", "--verify").returncode == 0


async def test_nothing_is_restored_or_imported_beside_a_service_that_runs(make_service, tmp_path: Path) -> None:
    """Two installations on the same jobs would pay for each of them twice."""
    with NatsServer() as server:
        original: Service = make_service(REELWRIGHT_RENDERER="noop", REELWRIGHT_NATS_URL=server.url)
        await original.start()
        await original.approve(approval("one"))
        await original.job_in("one", "completed")
        beside: Service = make_service("BESIDE", REELWRIGHT_NATS_URL=server.url)
        history = str(tmp_path / "history.jsonl")
        assert run_verb(original, "export", "--out", history).returncode == 0

        refused = run_verb(original, "restored")
        assert (refused.returncode, "still runs here" in refused.stderr) == (6, True), refused.stderr
        for word in ((), ("--restored",)):
            refused = run_verb(beside, "import", history, *word)
            assert (refused.returncode, "still at work" in refused.stderr) == (6, True), refused.stderr
        assert original.stop() == 0
        done = run_verb(beside, "import", history, "--restored", "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["restored"]["announcements_complete"] is True
        assert json.loads(done.stdout)["restored"]["approvals"] == 1


async def is_announced(service: Service, job_id: str, event: str) -> None:
    async def there() -> dict[str, Any] | None:
        bodies = await service.announced("VIDEO", "video.failed")
        return next((body for body in bodies if (body["job_id"], body["event"]) == (job_id, event)), None)

    assert await service.until(there, what=f"{event} of job {job_id}")


async def test_without_the_word_restored_nothing_is_held(make_service) -> None:
    """A consumer that begins anew is no restore: what is unknown is new."""
    service: Service = make_service(REELWRIGHT_RENDERER="noop")
    await service.start()
    await service.approve(approval("one"))
    job = await service.job_in("one", "completed")
    await give_everything_again(service)
    await all_taken(service)
    assert (await service.job("one"))["version"] == job["version"]
