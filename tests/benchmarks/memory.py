"""Resident memory of `reelwright serve`: idle, and with a thousand jobs in flight, against a bare Python process."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import nats
import psutil

from tests.system.running import Service

JOBS = 1000
MIB = 1024**2


def main() -> None:
    """Print mebibytes, and the bytes that each job in flight adds."""
    asyncio.run(_main())


async def _main() -> None:
    bare = _bare_python()
    with tempfile.TemporaryDirectory() as folder:
        # A provider that nobody answers for keeps every job in flight: each waits for the create to be tried again.
        service = Service(
            Path(folder) / "DATA",
            REELWRIGHT_RENDERER="replicate",
            REELWRIGHT_REPLICATE_BASE_URL="http://127.0.0.1:9/v1",
            REELWRIGHT_REPLICATE_MODEL="nobody/film",
            REPLICATE_API_TOKEN="none",
            REELWRIGHT_CONCURRENCY=str(JOBS),
            REELWRIGHT_LEASE_SECONDS="10",
            REELWRIGHT_LOG_LEVEL="error",
        )
        await service.start()
        try:
            idle = _resident(service)
            await _approve(service)
            await service.until(lambda: _all_rendering(service), seconds=120)
            busy = _resident(service)
        finally:
            service.kill()
    print(f"memory      {'bare Python':26} {bare / MIB:9.1f} MiB         1.00 x")
    print(f"memory      {'idle':26} {idle / MIB:9.1f} MiB      {idle / bare:7.2f} x")
    each = max(busy - idle, 0) / JOBS
    in_flight = f"{JOBS} jobs in flight"
    print(f"memory      {in_flight:26} {busy / MIB:9.1f} MiB      {busy / bare:7.2f} x  {each:6.0f} B a job")


def _bare_python() -> int:
    process = subprocess.Popen([sys.executable, "-c", "print(flush=True); input()"], stdin=-1, stdout=-1)
    assert process.stdout is not None
    process.stdout.readline()
    resident = psutil.Process(process.pid).memory_info().rss
    process.kill()
    process.wait()
    return int(resident)


def _resident(service: Service) -> int:
    assert service.process is not None
    return int(psutil.Process(service.process.pid).memory_info().rss)


async def _approve(service: Service) -> None:
    client = await nats.connect(service.nats_url)
    js = client.jetstream(timeout=30)
    for number in range(JOBS):
        # Twins would wait for each other, so every storyboard is another.
        scenes = [{"image_url": f"https://example.com/{number}/{n}.jpg", "duration_seconds": 3.0} for n in range(5)]
        body = {"job_id": f"job-{number}", "storyboard": scenes}
        await js.publish("storyboard.approved", json.dumps(body).encode())
    await client.close()


async def _all_rendering(service: Service) -> bool:
    metrics = (await service.get("/metrics")).text
    line = next(
        (line for line in metrics.splitlines() if line.startswith('reelwright_jobs{status="rendering"}')), "x 0"
    )
    return float(line.split()[-1]) >= JOBS


if __name__ == "__main__":
    main()
