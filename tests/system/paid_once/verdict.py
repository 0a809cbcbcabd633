"""From what the provider's books and the stream say to a verdict on the worker: pure, and blind to its inside."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from tests.system.paid_once.provider import name_in

FINAL = {"video.completed": "completed", "video.failed": "failed", "video.cancelled": "cancelled"}
WORKING = ("rendering", "downloading")


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What a storm left behind. `images` names, for each job, its input in the books; twins share one."""

    worker: str
    images: Mapping[str, str]
    creates: Sequence[Mapping[str, Any]]
    announced: Sequence[Mapping[str, Any]]
    killed_at: Sequence[datetime]
    restarts_ms: Sequence[float]
    faults: Mapping[str, int]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """Numbers of one storm. `creates_per_job` is taken over the inputs none of whose renders failed.

    A restart is from a kill until the worker says that it is ready; a recovery is from the last kill to the next event
    of a job that was being worked on, so the restart is a part of it.
    """

    worker: str
    jobs: int
    completed: int
    failed: int
    lost: int
    stuck: int
    renders_failed: int
    creates: int
    creates_per_job: float
    most_creates_per_job: float
    paid_again: int
    announced: int
    announced_twice: int
    gaps: int
    kills: int
    faults: Mapping[str, int]
    restarts_ms: Sequence[float]
    recoveries_ms: Sequence[float]
    seconds: float

    @property
    def restart_ms_p50(self) -> float:
        return _quantile(self.restarts_ms, 0.50)

    @property
    def recovery_ms_p50(self) -> float:
        return _quantile(self.recoveries_ms, 0.50)

    @property
    def recovery_ms_p99(self) -> float:
        return _quantile(self.recoveries_ms, 0.99)

    @property
    def broken(self) -> list[str]:
        """Which guarantees do not hold."""
        wrong = {
            "a job was lost": self.lost,
            "a job is stuck": self.stuck,
            "a job failed though its render did not": self.failed > self.renders_failed,
            "a render was paid again": self.paid_again,
            "an event was announced twice": self.announced_twice,
            "a sequence has a gap or runs backwards": self.gaps,
        }
        return [what for what, seen in wrong.items() if seen]


def judge(seen: Observed) -> Certificate:
    """Count."""
    by_job = defaultdict(list)
    for body in seen.announced:
        by_job[str(body["job_id"])].append(body)
    ends = {
        job_id: [FINAL[body["subject"]] for body in by_job[job_id] if body["subject"] in FINAL]
        for job_id in seen.images
    }
    owed = Counter(seen.images.values())
    paid = Counter(name_in(line["input"]) for line in seen.creates)
    failed = Counter(name_in(line["input"]) for line in seen.creates if line["outcome"] != "ok")
    clean = {name: paid[name] / jobs for name, jobs in owed.items() if not failed[name]}
    sequences = [
        [body["sequence"] for body in by_job[job_id] if body["subject"] == "video.progress"] for job_id in seen.images
    ]
    return Certificate(
        worker=seen.worker,
        jobs=len(seen.images),
        completed=sum(end[:1] == ["completed"] for end in ends.values()),
        failed=sum(end[:1] == ["failed"] for end in ends.values()),
        lost=sum(not by_job[job_id] for job_id in seen.images),
        stuck=sum(bool(by_job[job_id]) and not end for job_id, end in ends.items()),
        renders_failed=failed.total(),
        creates=len(seen.creates),
        creates_per_job=sum(paid[name] for name in clean) / max(sum(owed[name] for name in clean), 1),
        most_creates_per_job=max(clean.values(), default=0.0),
        paid_again=sum(max(paid[name] - failed[name] - jobs, 0) for name, jobs in owed.items()),
        announced=len(seen.announced),
        announced_twice=_repeated(seen.announced),
        gaps=sum(sequence != list(range(1, len(sequence) + 1)) for sequence in map(_unique, sequences)),
        kills=len(seen.killed_at),
        faults=dict(seen.faults),
        restarts_ms=sorted(seen.restarts_ms),
        recoveries_ms=sorted(_recoveries(seen.killed_at, by_job)),
        seconds=seen.seconds,
    )


def _repeated(announced: Sequence[Mapping[str, Any]]) -> int:
    """Count messages that came before, and last words after the first one of a job."""
    headline = [(str(body["job_id"]), body["sequence"]) for body in announced if body["subject"] not in FINAL]
    last_words = [str(body["job_id"]) for body in announced if body["subject"] in FINAL]
    return len(headline) - len(set(headline)) + len(last_words) - len(set(last_words))


def _unique(sequence: Sequence[int]) -> list[int]:
    return list(dict.fromkeys(sequence))


def _recoveries(killed_at: Sequence[datetime], by_job: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[float]:
    """Return, for every job that was worked on when a kill came, the time to its next event."""
    found = []
    for bodies in by_job.values():
        headline = [body for body in bodies if body["subject"] == "video.progress"]
        for body, following in pairwise(headline):
            began, ended = _time(body), _time(following)
            kill = max((kill for kill in killed_at if began <= kill < ended), default=None)
            if kill is not None and body["status"] in WORKING and not _waits(body):
                found.append((ended - kill).total_seconds() * 1000)
    return found


def _waits(body: Mapping[str, Any]) -> bool:
    return str(body.get("message", "")).startswith(("Retrying", "Waiting", "Downloading again"))


def _time(body: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(body["occurred_at"])


def _quantile(values: Sequence[float], part: float) -> float:
    return round(values[min(int(len(values) * part), len(values) - 1)], 1) if values else 0.0
