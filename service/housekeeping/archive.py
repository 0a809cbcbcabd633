"""Archives: the histories of ended jobs as files in the format of an export. No event is removed."""

from __future__ import annotations

import json
from pathlib import Path

from domain.errors import Refused
from domain.summary import EndedJob

LONGEST_LAST_LINE = 4096


def archive_path(folder: Path, job: EndedJob) -> Path:
    """Return the file for a job's history, in a folder for the UTC day on which the job ended."""
    return folder / f"{job.at:%Y-%m-%d}" / f"{job.job_id}.jsonl"


def is_archived(path: Path, job: EndedJob) -> bool:
    """Tell whether the file has the job's whole history. Raises Refused where it is another file."""
    try:
        with path.open("rb") as file:
            header = json.loads(file.readline(LONGEST_LAST_LINE))
            file.seek(max(0, path.stat().st_size - LONGEST_LAST_LINE))
            last = json.loads(file.read().splitlines()[-1])
    except FileNotFoundError:
        return False
    except (ValueError, IndexError) as error:
        raise Refused(f"{path} is there and is no archive of Reelwright") from error
    jobs = header.get("jobs")
    if jobs != [job.job_id]:
        content = f"job {jobs[0]}" if jobs else "something else"
        raise Refused(f"{path} holds {content}: the disk may not tell upper from lower case")
    return bool(last.get("end") and last.get("events") == job.version)
