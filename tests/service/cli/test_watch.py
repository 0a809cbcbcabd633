"""`watch` reads the database: with or without a service, and to the end."""

from __future__ import annotations

import asyncio
import json

from adapters.clock import new_id
from service.jobs.repository import JobRepository
from service.settings import load_settings
from service.wiring.stores import make_stores
from tests.service.cli.calling import Caller
from tests.service.cli.stories import completed


def test_a_completed_job_ends_with_path_size_and_cost(stories: Caller) -> None:
    answer = stories("watch", "done")
    assert answer.code == 0
    assert str(stories.data_dir / "videos" / "done" / "final.mp4") in answer.out
    assert "120.6 KiB" in answer.out
    assert "$0.61" in answer.out


def test_a_failed_job_exits_1_with_its_reason_and_how_to_try_again(stories: Caller) -> None:
    answer = stories("watch", "broken")
    assert answer.code == 1
    assert "ran out" in answer.problem["why"]
    assert answer.problem["next"] == "reelwright retry broken"


def test_a_cancelled_job_exits_1(stories: Caller) -> None:
    answer = stories("watch", "stopped")
    assert answer.code == 1
    assert "enough" in answer.problem["why"]


async def test_each_change_is_one_line_of_json_until_the_end(stories: Caller) -> None:
    settings = load_settings({"REELWRIGHT_DATA_DIR": str(stories.data_dir)})
    commands = completed("moving")
    stores = make_stores(settings)
    try:
        await stores.prepare()
        repository = JobRepository(stores.events, new_id=new_id, metadata={})
        await repository.execute("moving", commands[0])
        process = await asyncio.to_thread(stories.start, "watch", "moving", "--json")
        assert process.stdout is not None
        first = json.loads(await asyncio.to_thread(process.stdout.readline))
        assert (first["status"], first["version"]) == ("approved", 1)
        for command in commands[1:]:
            await repository.execute("moving", command)
        out, error = await asyncio.to_thread(process.communicate, timeout=30)
    finally:
        await stores.close()
    lines = [json.loads(line) for line in out.splitlines()]
    versions = [line["version"] for line in lines]
    assert versions == sorted(set(versions))
    assert lines[-1]["status"] == "completed"
    assert process.returncode == 0, error
    assert error == b""


async def test_a_watcher_is_told_when_nobody_works(stories: Caller) -> None:
    process = await asyncio.to_thread(stories.start, "watch", "waiting")
    try:
        assert process.stderr is not None

        def told() -> bytes:
            assert process.stderr is not None
            return next(line for line in process.stderr if b"no service runs" in line)

        assert b"reelwright serve" in await asyncio.wait_for(asyncio.to_thread(told), 30)
    finally:
        process.terminate()
        await asyncio.to_thread(process.communicate)
