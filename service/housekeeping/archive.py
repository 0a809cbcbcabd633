"""Archives: histories of ended jobs as files, each in the form of an export. Nothing is removed from the events."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from domain.errors import Refused
from domain.summary import EndedJob

LONGEST_LAST_LINE = 4096


def place_of(folder: Path, job: EndedJob) -> Path:
    """Return where a job's history goes: by the day on which it ended, in UTC, so that no folder grows for ever."""
    return folder / f"{job.at:%Y-%m-%d}" / f"{job.job_id}.jsonl"


def is_archived(place: Path, job: EndedJob) -> bool:
    """Tell whether the file holds the job's whole history. Raises Refused where it holds another job's."""
    try:
        with place.open("rb") as file:
            header = json.loads(file.readline(LONGEST_LAST_LINE))
            file.seek(max(0, place.stat().st_size - LONGEST_LAST_LINE))
            last = json.loads(file.read().splitlines()[-1])
    except FileNotFoundError:
        return False
    except (ValueError, IndexError) as error:
        raise Refused(f"{place} is there and is no archive of Reelwright") from error
    if header.get("jobs") != [job.job_id]:
        raise Refused(f"{place} holds {_named(header.get('jobs'))}: the disk may not tell upper from lower case")
    return bool(last.get("end") and last.get("events") == job.version)


def _named(jobs: Sequence[str] | None) -> str:
    return f"job {jobs[0]}" if jobs else "something else"
