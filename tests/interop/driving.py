"""A fake provider as its command starts it, and an official client in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

HERE = Path(__file__).parent
VENVS = HERE.parents[1] / ".venv-interop"
REELWRIGHT = Path(sys.executable).parent / "reelwright"
STOP_SECONDS = 10

CLIENTS = ("python-1", "python-2", "javascript")
CANNOT = {
    ("python-1", "list_between"): "TypeError",  # the list takes a cursor alone
    ("python-1", "download"): "AttributeError",  # there is no such call
    ("python-2", "progress"): "AttributeError",  # it does not read logs
    ("python-2", "pages_back"): "AttributeError",  # a page knows the next one alone
    ("javascript", "download"): "TypeError",
}
"""What a client cannot do, at any address, and how it says so."""
DROPPED = {
    ("python-1", "deadline"),  # parameters that it does not know are dropped
    ("javascript", "deadline"),  # it has no header for it
    ("javascript", "list_between"),  # the list takes no parameters and returns everything
    ("python-2", "metadata"),  # sent as a form field a key, which the API does not read
}
"""What a client takes and does not send, without a word."""


class ClientError(Exception):
    """The client raised; `kind` is the class of its error, `status` the HTTP status where it has one."""

    def __init__(self, kind: str, status: int | None, text: str) -> None:
        super().__init__(f"{kind}: {text}")
        self.kind, self.status = kind, status


@dataclass(frozen=True, slots=True)
class OfficialClient:
    """A client that waits for calls, and its provider."""

    name: str
    process: subprocess.Popen[str]
    provider: httpx.Client

    def __call__(self, call: str, **asked: object):
        """Make a call and return what the client returned. Raises ClientError."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"call": call, **asked}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"{self.name} ended in {call}"
        answer = json.loads(line)
        if "error" in answer:
            raise ClientError(**answer["error"])
        return answer.get("returned")

    def needs(self, call: str) -> None:
        """Skip the test where the client cannot do it."""
        if (self.name, call) in CANNOT:
            pytest.skip(f"{self.name} cannot do it, at any address: {call}")

    def drops(self, what: str) -> bool:
        """Tell whether the client takes it and does not send it."""
        return (self.name, what) in DROPPED

    def set_faults(self, **faults: object) -> None:
        """Set the faults of the provider; without any, renders take a moment."""
        chosen = {"starting_seconds": 0.05, "render_seconds": 0.1, **faults}
        self.provider.put("/_faults", json=chosen).raise_for_status()

    def created(self) -> list[dict]:
        """Return the creates in the provider's books, oldest first."""
        return self.provider.get("/_books").raise_for_status().json()["creates"]


@contextmanager
def official_client(name: str) -> Iterator[OfficialClient]:
    """Run a provider and a client of it. Skips where the client is not installed; in CI that fails."""
    command = _command(name)
    with (
        _running([str(REELWRIGHT), "fake-provider"], dict(os.environ)) as provider,
        _http(provider) as http,
        _running(command, _environment(name, f"{http.base_url}".rstrip("/"))) as client,
    ):
        yield OfficialClient(name, client, http)


def _command(name: str) -> list[str]:
    script = HERE / ("javascript.mjs" if name == "javascript" else f"{name.replace('-', '_')}.py")
    program = shutil.which("node") if name == "javascript" else str(VENVS / name / "bin" / "python")
    installed = HERE / "node_modules" if name == "javascript" else VENVS / name / "installed"
    if program is not None and installed.exists():
        return [program, str(script)]
    missing = f"NOT TESTED: the official client {name} is not installed: make interop"
    if os.environ.get("CI"):
        pytest.fail(missing, pytrace=False)
    pytest.skip(missing)


def _environment(name: str, base_url: str) -> dict[str, str]:
    """Return the client's surroundings: no proxy, no account. Version 1 of Python adds `/v1` itself."""
    return {
        "PATH": os.environ["PATH"],
        "REPLICATE_API_TOKEN": "any",
        "REPLICATE_BASE_URL": base_url if name == "python-1" else f"{base_url}/v1",
        "REPLICATE_POLL_INTERVAL": "0.05",
    }


@contextmanager
def _http(provider: subprocess.Popen[str]) -> Iterator[httpx.Client]:
    assert provider.stdout is not None
    url = provider.stdout.readline().strip().removesuffix("/v1")
    assert url.startswith("http://127.0.0.1:"), url
    with httpx.Client(base_url=url, trust_env=False) as http:
        yield http


@contextmanager
def _running(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.communicate(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
