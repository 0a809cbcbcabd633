"""What the writer knows of the log without asking: its head and the last versions of jobs that were written lately."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from adapters.sql.log.seal import Head, PendingAppend

MOST_JOBS = 10_000


class KnownVersions:
    """A cache that cannot mislead: every commit compares the head, and who changed a version has moved it."""

    def __init__(self) -> None:
        self._head: Head | None = None
        self._known: dict[str, int] = {}
        self._looks = True

    @property
    def head(self) -> Head:
        """Where the log ended when it was last read or written; `unknown` asks for it before it is needed."""
        assert self._head is not None  # noqa: S101 - see above
        return self._head

    def of(self, job_id: str) -> int:
        """Return the last version; a job that nothing is known of is taken for new: the unique key is the check."""
        return self._known.get(job_id, 0)

    def unknown(self, appends: Iterable[PendingAppend]) -> Sequence[str] | None:
        """Return the jobs to look up before these can be written; None when nothing has to be read.

        A first event needs no look, unless something was out of order just before.
        """
        first: dict[str, int] = {}
        for pending in appends:
            first.setdefault(pending.job_id, pending.base_version)
        wanted = [job_id for job_id, base in first.items() if job_id not in self._known and (base or self._looks)]
        return wanted if wanted or self._head is None else None

    def learn(self, head: Head, versions: Mapping[str, int]) -> None:
        """Take in what was read. A head that moved since makes everything older worthless."""
        if self._head is not None and head != self._head:
            self.forget()
        self._head = head
        self._known.update(versions)

    def advance(self, appends: Iterable[PendingAppend], head: Head) -> None:
        """Take in what was committed just now."""
        self._head, self._looks = head, False
        for pending in appends:
            self._known.pop(pending.job_id, None)
            self._known[pending.job_id] = pending.entry.job.version
        for job_id in list(self._known)[: max(0, len(self._known) - MOST_JOBS)]:
            del self._known[job_id]

    def forget(self) -> None:
        """Look everything up again."""
        self._head, self._looks = None, True
        self._known.clear()
