"""The hostile provider as a process of its own, with its books in a file: what it says it sold is what counts."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import httpx

from tests.fixtures.nats import free_port
from tests.system.running import REELWRIGHT

START_SECONDS = 20.0
MODEL = "fake/film"


class Provider:
    """`reelwright fake-provider` on a port that stays the same, also over a restart."""

    def __init__(self, folder: Path, **faults: Any) -> None:
        self.folder = folder
        self.port = free_port()
        self.books_path = folder / "books.jsonl"
        self._faults_path = folder / "faults.json"
        self._faults_path.write_text(json.dumps(faults))
        self._process: subprocess.Popen[bytes] | None = None
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=10.0)

    @property
    def settings(self) -> dict[str, str]:
        """What a worker needs to render here."""
        return {
            "REELWRIGHT_RENDERER": "replicate",
            "REELWRIGHT_REPLICATE_BASE_URL": f"http://127.0.0.1:{self.port}/v1",
            "REELWRIGHT_REPLICATE_MODEL": MODEL,
            "REPLICATE_API_TOKEN": "a-token-for-tests",
            "REELWRIGHT_ALLOW_PRIVATE_HOSTS": "true",
        }

    def start(self) -> Self:
        command = [REELWRIGHT, "fake-provider", "--port", str(self.port), "--books", self.books_path]
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("REELWRIGHT_", "REPLICATE_"))}
        with (self.folder / "provider.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--faults", self._faults_path], env=kept, stdout=log, stderr=log, cwd=self.folder
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.folder / "provider.log").read_text())
            time.sleep(0.05)
        return self

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def close(self) -> None:
        self.stop()
        self._client.close()

    def _answers(self) -> bool:
        try:
            return self._client.get("/_faults").status_code == 200
        except httpx.TransportError:
            return False

    def change(self, **faults: Any) -> None:
        """Change the named faults and leave the others as they are."""
        self._client.patch("/_faults", json=faults).raise_for_status()

    def script(self, **scripts: Sequence[str]) -> None:
        """Say what goes wrong with the next calls of each operation; what was said before is forgotten."""
        self.change(script={operation: list(faults) for operation, faults in scripts.items()})

    @property
    def report(self) -> dict[str, Any]:
        return self._client.get("/_books").raise_for_status().json()

    @property
    def creates(self) -> list[dict[str, Any]]:
        """Every create in the books, oldest first."""
        return list(self.report["creates"])

    def creates_of(self, job_id: str) -> list[dict[str, Any]]:
        """The creates whose input shows the images of that job, see `storyboard_of`."""
        return [line for line in self.creates if name_in(line["input"]) == job_id]

    def remove_data(self, render_id: str) -> None:
        self._client.delete(f"/_predictions/{render_id}/data").raise_for_status()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()


def approval_of(job_id: str, *, image: str | None = None, scenes: int = 2) -> dict[str, Any]:
    """Return an approval whose images name the job in the provider's books; twins name the same `image`."""
    storyboard = [
        {"image_url": f"https://images.example/{image or job_id}/{number}.png", "duration_seconds": 1.0}
        for number in range(1, scenes + 1)
    ]
    return {"job_id": job_id, "approved": True, "estimated_cost": 1.0, "storyboard": storyboard}


def name_in(sent: Mapping[str, Any]) -> str:
    """Return which job's images an input shows."""
    return str(sent["image_urls"][0]).split("/")[3]
