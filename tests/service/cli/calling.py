"""The command line as its users call it: a process, its two outputs and its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).parents[3]
REELWRIGHT = Path(sys.executable).with_name("reelwright")
CALL_SECONDS = 100.0


@dataclass(frozen=True, kw_only=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def problem(self) -> dict[str, str]:
        """The three parts of an error; fails when one is missing."""
        assert "Traceback" not in self.err, self.err
        lines = self.err[self.err.index("Error:") :].splitlines()
        parts = {"what": lines[0].removeprefix("Error:").strip()}
        why, following = (
            next(number for number, line in enumerate(lines) if line.startswith(f"  {name}:"))
            for name in ("Why", "Next")
        )
        parts["why"] = "\n".join([lines[why].partition(":")[2], *lines[why + 1 : following]]).strip()
        parts["next"] = lines[following].partition(":")[2].strip()
        assert all(parts.values()), self.err
        return parts


class ForkServer:
    """Calls by forking from a process that has everything imported."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.service.cli.fork_server"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate(timeout=CALL_SECONDS)

    def call(self, arguments: tuple[str, ...], *, environ: dict[str, str], cwd: Path, stdin: bytes) -> Answer:
        with tempfile.TemporaryDirectory() as folder:
            for name, content in (("stdin", stdin), ("stdout", b""), ("stderr", b"")):
                (Path(folder) / name).write_bytes(content)
            request = {"arguments": arguments, "environ": environ, "cwd": str(cwd), "folder": folder}
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            code = int(self._process.stdout.readline())
            out, err = (Path(folder, name).read_text() for name in ("stdout", "stderr"))
        return Answer(code=code, out=out, err=err)


class Caller:
    """Calls verbs on one data directory, with nothing of the tester's own settings."""

    def __init__(self, data_dir: Path, fork_server: ForkServer, **settings: str) -> None:
        self.data_dir = data_dir
        self.settings = settings
        self._fork_server = fork_server
        self._started: list[subprocess.Popen[bytes]] = []

    @property
    def environ(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("REELWRIGHT_", "REPLICATE_"))}
        return kept | {"REELWRIGHT_DATA_DIR": str(self.data_dir)} | self.settings

    def __call__(self, *arguments: str, stdin: bytes = b"", **settings: str) -> Answer:
        return self._fork_server.call(arguments, environ=self.environ | settings, cwd=self.data_dir.parent, stdin=stdin)

    def start(self, *arguments: str, **settings: str) -> subprocess.Popen[bytes]:
        """Start the installed command, as a shell would; `close` ends what still runs then."""
        process = subprocess.Popen(
            [REELWRIGHT, *arguments],
            env=self.environ | settings,
            cwd=self.data_dir.parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._started.append(process)
        return process

    def close(self) -> None:
        for process in self._started:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(CALL_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()
            for pipe in (process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()
            process.wait()

    def afresh(self, *arguments: str, **settings: str) -> Answer:
        """Run the installed command to its end."""
        process = self.start(*arguments, **settings)
        out, err = process.communicate(timeout=CALL_SECONDS)
        return Answer(code=process.returncode, out=out.decode(), err=err.decode())
