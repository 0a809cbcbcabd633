"""A whole service as its users run it: a process of its own, seen only through NATS, HTTP and its files."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import nats
from PIL import Image

from adapters.bus.nats_folder import NatsFolder

REELWRIGHT = Path(sys.executable).with_name("reelwright")
READY_SECONDS = 90.0


class Service:
    """`reelwright serve` in `data_dir`. Every setting is explicit: nothing of the tester's environment leaks in."""

    def __init__(self, data_dir: Path, **settings: str) -> None:
        self.data_dir = data_dir
        self.settings = settings
        self.process: subprocess.Popen[bytes] | None = None
        self.log_path = data_dir.with_name(f"{data_dir.name}.log")

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("REELWRIGHT_", "REPLICATE_"))}
        defaults = {
            "REELWRIGHT_DATA_DIR": str(self.data_dir),
            "REELWRIGHT_HTTP_PORT": "0",
            "REELWRIGHT_LEASE_SECONDS": "2",
            "REELWRIGHT_LOG_FORMAT": "json",
        }
        return kept | defaults | self.settings

    def spawn(self, *arguments: str) -> None:
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [REELWRIGHT, "serve", *arguments],
                env=self.environment,
                stdout=log,
                stderr=log,
                cwd=self.data_dir.parent,
            )

    async def start(self, *arguments: str) -> None:
        """Start and wait until every part says that it is ready."""
        self.spawn(*arguments)
        await self.until(self.is_ready, seconds=READY_SECONDS)

    async def is_ready(self) -> bool:
        try:
            async with httpx.AsyncClient() as client:
                return (await client.get(f"{self.url}/readyz")).status_code == 200
        except (httpx.TransportError, FileNotFoundError, KeyError):
            return False

    @property
    def address(self) -> dict[str, Any]:
        address = json.loads((self.data_dir / "service.json").read_text())
        if self.process is not None and address["pid"] != self.process.pid:
            raise FileNotFoundError("the address is another process's")
        return address

    @property
    def url(self) -> str:
        return str(self.address["http_url"])

    @property
    def nats_url(self) -> str:
        """The URL with all that it takes to enter."""
        url = self.settings.get("REELWRIGHT_NATS_URL") or NatsFolder(self.data_dir).url
        if url is None:
            raise FileNotFoundError("no embedded server has run here yet")
        return url

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)

    def stop(self, seconds: float = 10.0) -> int:
        """Stop it cleanly and return its exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(seconds)

    async def until(
        self, condition: Callable[[], Awaitable[Any]], *, seconds: float = 30.0, what: str = "the condition"
    ) -> Any:
        """Return the condition's first true value; fail with the service's log when it does not come."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if value := await condition():
                return value
            assert self.process is None or self.process.poll() is None, f"the service ended:\n{self.log_tail()}"
            await asyncio.sleep(0.05)
        raise AssertionError(f"{what} did not come within {seconds:g} s:\n{self.log_tail()}")

    def log_tail(self, lines: int = 60) -> str:
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-lines:])

    async def approve(self, message: dict[str, Any] | bytes, *, message_id: str | None = None) -> int:
        """Publish an approval with PubAck, as any publisher would, and return its stream sequence."""
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        client = await nats.connect(self.nats_url)
        try:
            headers = {"Nats-Msg-Id": message_id} if message_id else None
            ack = await client.jetstream().publish("storyboard.approved", body, headers=headers, timeout=5)
            return ack.seq
        finally:
            await client.close()

    async def get(self, path: str) -> httpx.Response:
        async with httpx.AsyncClient() as client:
            return await client.get(f"{self.url}{path}")

    async def job(self, job_id: str) -> dict[str, Any] | None:
        response = await self.get(f"/api/jobs/{job_id}")
        return response.json() if response.status_code == 200 else None

    async def events(self, job_id: str) -> list[dict[str, Any]]:
        answer = (await self.get(f"/api/jobs/{job_id}/events")).json()
        return answer["events"] if isinstance(answer, dict) else answer

    async def order(self, verb: str, job_id: str) -> httpx.Response:
        """Cancel or retry over HTTP."""
        async with httpx.AsyncClient() as client:
            return await client.post(f"{self.url}/api/jobs/{job_id}/{verb}", json={"by": "a tester"})

    async def job_in(self, job_id: str, *statuses: str, seconds: float = 30.0) -> dict[str, Any]:
        """Wait until the job is in one of these states."""

        async def there() -> dict[str, Any] | None:
            job = await self.job(job_id)
            return job if job and job["status"] in statuses else None

        return await self.until(there, seconds=seconds, what=f"job {job_id} in {' or '.join(statuses)}")

    async def announced(self, stream: str = "VIDEO", subject: str = ">") -> list[dict[str, Any]]:
        """Return all bodies of the stream, in order, each with its `subject` unless it has one."""
        client = await nats.connect(self.nats_url)
        try:
            js = client.jetstream()
            state = (await js.stream_info(stream)).state
            bodies = []
            for sequence in range(state.first_seq, state.last_seq + 1):
                message = await js.get_msg(stream, sequence)
                if subject in (">", message.subject):
                    bodies.append({"subject": message.subject} | json.loads(message.data or b""))
            return bodies
        finally:
            await client.close()


def run_verb(service: Service, *arguments: str, seconds: float = 60.0) -> subprocess.CompletedProcess[str]:
    """Run a verb of the command line in the service's environment."""
    return subprocess.run(
        [REELWRIGHT, *arguments],
        env=service.environment,
        cwd=service.data_dir.parent,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def image_bytes(color: str = "steelblue", *, width: int = 96, height: int = 54) -> str:
    """Return a small image as a data URL."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), color).save(buffer, "JPEG")
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def approval(job_id: str, *, scenes: int = 2, seconds: float = 0.5, **more: Any) -> dict[str, Any]:
    """Return a small storyboard's approval."""
    colors = ("steelblue", "indianred", "seagreen", "goldenrod", "slategrey")
    storyboard = [
        {
            "image_url": image_bytes(colors[n % len(colors)]),
            "description": f"scene {n + 1}",
            "duration_seconds": seconds,
        }
        for n in range(scenes)
    ]
    output = {"width": 320, "height": 180, "fps": 15}
    return {
        "job_id": job_id,
        "approved": True,
        "estimated_cost": 1.0,
        "storyboard": storyboard,
        "output": output,
    } | more
