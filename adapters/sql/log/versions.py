"""The writer's cache: the head of the log and the last versions of jobs that were written lately."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from adapters.sql.log.seal import Head, PendingAppend

MOST_JOBS = 10_000


class KnownVersions:
    """A cache that may be stale: every commit compares the head, which moves with every version."""

    def __init__(self) -> None:
        self._head: Head | None = None
        self._versions: dict[str, int] = {}
        self._verifies_new_jobs = True

    @property
    def head(self) -> Head:
        """Where the log ended when it was last read or written. Call `unknown` before: it says if this must be read."""
        assert self._head is not None  # noqa: S101 - see above
        return self._head

    def of(self, job_id: str) -> int:
        """Return the last version; an unknown job counts as new: the unique key finds the mistake."""
        return self._versions.get(job_id, 0)

    def unknown(self, appends: Iterable[PendingAppend]) -> Sequence[str] | None:
        """Return the jobs to look up before these can be written; None when nothing has to be read.

        A first event needs no lookup, unless there was a conflict just before.
        """
        first: dict[str, int] = {}
        for pending in appends:
            first.setdefault(pending.job_id, pending.base_version)
        wanted = [
            job_id
            for job_id, base in first.items()
            if job_id not in self._versions and (base or self._verifies_new_jobs)
        ]
        return wanted if wanted or self._head is None else None

    def learn(self, head: Head, versions: Mapping[str, int]) -> None:
        """Keep what was read. If the head has moved, everything older is dropped."""
        if self._head is not None and head != self._head:
            self.forget()
        self._head = head
        self._versions.update(versions)

    def advance(self, appends: Iterable[PendingAppend], head: Head) -> None:
        """Keep what was committed just now."""
        self._head, self._verifies_new_jobs = head, False
        for pending in appends:
            self._versions.pop(pending.job_id, None)
            self._versions[pending.job_id] = pending.entry.job.version
        for job_id in list(self._versions)[: max(0, len(self._versions) - MOST_JOBS)]:
            del self._versions[job_id]

    def forget(self) -> None:
        """Drop everything, so that it is read again."""
        self._head, self._verifies_new_jobs = None, True
        self._versions.clear()
