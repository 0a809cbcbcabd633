"""A full disk: the job waits with a reason and goes on when there is space; nothing is lost."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.fixtures.nats import NatsServer
from tests.system.running import Service, approval, run_verb

DISK_MIB = 24


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, so small that a ballast file fills it."""
    if os.geteuid() != 0:
        pytest.fail("only root may mount the small file system that this test fills: run the tests as root")
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(place)], check=True)
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(disk: Path) -> Path:
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(b"\0" * 4096):
                pass
        except OSError:
            pass
    assert shutil.disk_usage(disk).free < 4096
    return ballast


async def test_a_job_waits_for_space_on_the_video_disk_and_goes_on(
    make_service: Callable[..., Service], nats_server: NatsServer, small_disk: Path, tmp_path: Path
) -> None:
    service = make_service(
        "disk/DATA",
        REELWRIGHT_NATS_URL=nats_server.url,
        REELWRIGHT_DATABASE_URL=f"sqlite:///{tmp_path / 'events.db'}",
        REELWRIGHT_RETRY_BACKOFF_SECONDS="0.5",
    )
    service.log_path = tmp_path / "service.log"
    service.spawn()
    await service.until(lambda: _answers(service))
    ballast = fill(small_disk)
    await service.approve(approval("patient", scenes=3, seconds=1.0))

    async def waits_for_space() -> bool:
        job = await service.job("patient")
        return job is not None and "space" in (job["waiting_for"] or "").lower()

    await service.until(waits_for_space)
    assert (await service.get("/readyz")).status_code == 503
    ballast.unlink()
    job = await service.job_in("patient", "completed", "failed")
    assert job["status"] == "completed"
    assert job["attempts"] == 1
    assert service.stop() == 0
    assert run_verb(service, "replay", "--verify").returncode == 0


async def _answers(service: Service) -> bool:
    try:
        checks = (await service.get("/readyz")).json()["checks"]
    except (httpx.TransportError, FileNotFoundError, KeyError):
        return False
    return all(check["ok"] for name, check in checks.items() if name != "disk")
