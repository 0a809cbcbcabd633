"""The newest outcome of each row in a file, so that single rows can be run again without all the others."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Sequence
from pathlib import Path

from tests.system.faults.matrix import Outcome, Row

NEVER = "not run yet"


def remember(path: Path, outcome: Outcome) -> None:
    """Put the outcome into the file; several processes may do so at once."""
    path.touch()
    with path.open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        known = json.loads(file.read() or "{}")
        known[outcome.row.name] = {
            "recoveries": [round(took, 3) for took in outcome.recoveries],
            "problems": list(outcome.problems[:1]),
            "why_not": outcome.why_not,
            "seconds": round(outcome.seconds, 1),
        }
        file.seek(0)
        file.truncate()
        file.write(json.dumps(known, indent=1, sort_keys=True) + "\n")


def recall(path: Path, rows: Sequence[Row]) -> list[Outcome]:
    """Return the newest outcome of every row; one that never ran says so."""
    known = json.loads(path.read_text()) if path.exists() else {}
    return [Outcome(row=row, **known.get(row.name, {"why_not": NEVER})) for row in rows]
