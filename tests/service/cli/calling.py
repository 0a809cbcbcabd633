"""The command line as its users call it: a process, its two outputs and its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REELWRIGHT = Path(sys.executable).with_name("reelwright")
CALL_SECONDS = 60.0


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
        for name in ("Why", "Next"):
            found = [line for line in lines if line.startswith(f"  {name}:")]
            assert len(found) == 1, self.err
            parts[name.lower()] = found[0].partition(":")[2].strip()
        assert all(parts.values()), self.err
        return parts


class Caller:
    """Calls verbs on one data directory, with nothing of the tester's own settings."""

    def __init__(self, data_dir: Path, **settings: str) -> None:
        self.data_dir = data_dir
        self.settings = settings

    @property
    def environ(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("REELWRIGHT_", "REPLICATE_"))}
        return kept | {"REELWRIGHT_DATA_DIR": str(self.data_dir)} | self.settings

    def __call__(self, *arguments: str, stdin: bytes | None = None, **settings: str) -> Answer:
        done = subprocess.run(
            [REELWRIGHT, *arguments],
            env=self.environ | settings,
            cwd=self.data_dir.parent,
            input=b"" if stdin is None else stdin,
            capture_output=True,
            timeout=CALL_SECONDS,
            check=False,
        )
        return Answer(code=done.returncode, out=done.stdout.decode(), err=done.stderr.decode())

    def start(self, *arguments: str, **settings: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [REELWRIGHT, *arguments],
            env=self.environ | settings,
            cwd=self.data_dir.parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
