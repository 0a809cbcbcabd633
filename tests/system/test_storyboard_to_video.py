"""The main job, end to end, as a stranger would run it."""

from __future__ import annotations

import hashlib
import signal
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from tests.system.holding import Hold, held_in_the_middle
from tests.system.running import Service, approval, run_verb


@pytest.fixture
def hold(tmp_path: Path) -> Hold:
    return Hold(tmp_path / "hold")


@pytest.fixture
def holding(make_service: Callable[..., Service], hold: Hold) -> Service:
    """A service whose films stand still in the middle until `hold` lets them go."""
    return make_service(**hold.settings)


async def test_an_approved_storyboard_becomes_a_real_video(service: Service) -> None:
    await service.start()
    await service.approve(approval("boat", scenes=3))
    job = await service.job_in("boat", "completed", "failed")
    assert job["status"] == "completed", job

    video = service.data_dir / "videos" / "boat" / "final.mp4"
    served = await service.get(job["video_url"])
    assert served.status_code == 200
    assert served.content == video.read_bytes()
    assert job["progress"]["percent"] == 100

    async def all_announced() -> list[dict[str, object]] | None:
        bodies = await service.announced()
        return bodies if bodies and bodies[-1]["subject"] == "video.completed" else None

    bodies = await service.until(all_announced)
    progress = [body["sequence"] for body in bodies if body["subject"] == "video.progress"]
    assert progress == list(range(1, job["version"] + 1))
    completed = bodies[-1]
    assert completed["sha256"] == hashlib.sha256(served.content).hexdigest()
    assert completed["size_bytes"] == len(served.content)
    assert abs(completed["duration_seconds"] - 1.5) < 0.1
    # Nobody was paid; at list price it is 3 images and the length of the film, to the letter.
    list_price = 3 * Decimal("0.003") + Decimal("0.10") * Decimal(str(completed["duration_seconds"]))
    assert (completed["actual_cost"], completed["list_price"]) == (0, float(list_price))

    assert service.stop() == 0
    assert run_verb(service, "replay", "--verify").returncode == 0


async def test_a_clean_stop_leaves_nothing_running_and_the_next_start_goes_on(holding: Service, hold: Hold) -> None:
    service = holding
    await service.start()
    await service.approve(approval("long", scenes=4, seconds=5.0))
    await held_in_the_middle(service, "long")
    service.signal(signal.SIGTERM)
    hold.let_go()
    assert service.process is not None
    assert service.process.wait(6.0) == 0
    await service.start()
    job = await service.job_in("long", "completed", "failed", seconds=60)
    assert job["status"] == "completed"
    assert job["attempts"] == 1


async def test_a_killed_service_completes_the_job_once_after_its_restart(holding: Service, hold: Hold) -> None:
    service = holding
    await service.start()
    await service.approve(approval("killed", scenes=4, seconds=5.0))
    await held_in_the_middle(service, "killed")
    service.kill()
    hold.let_go()
    await service.start()
    job = await service.job_in("killed", "completed", "failed", seconds=60)
    assert job["status"] == "completed"

    events = await service.events("killed")
    types = [event["type"] for event in events]
    assert types.count("VideoCompleted") == 1
    assert [event["version"] for event in events] == list(range(1, len(events) + 1))
    service.stop()
    assert run_verb(service, "replay", "--verify").returncode == 0
