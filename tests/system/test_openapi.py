"""The HTTP interface keeps the promises of its own OpenAPI document, whatever it is sent."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

from tests.system.running import Service, approval

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")


async def test_every_route_answers_as_the_document_says(service: Service) -> None:
    service.settings["REELWRIGHT_RENDERER"] = "noop"
    await service.start()
    await service.approve(approval("known", scenes=2))
    await service.job_in("known", "completed")
    checked = await asyncio.to_thread(
        subprocess.run,
        [
            SCHEMATHESIS,
            "run",
            f"{service.url}/openapi.json",
            "--max-examples=8",
            "--phases=examples,coverage,fuzzing",
            "--checks=not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
            "--exclude-path=/api/stream",  # it never ends
            "--request-timeout=10",
            "--seed=1",
            "--no-color",
        ],
        cwd=service.data_dir.parent,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout[-6000:]
    assert await service.is_ready()
