"""The renders of the slideshow in the staging folder: written, found, removed. Blocking."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.clock import new_id
from adapters.disk import flush
from adapters.videos.probe import probe
from adapters.videos.staging import Staging
from domain.errors import Refused
from domain.rendering import Succeeded

KEPT_SECONDS = 3600.0
SWEEP_GRACE_SECONDS = 300.0
"""A file is removed later than it expires: a fetch that has begun can end."""


class StagedRenders(Staging):
    """Finished renders, each kept for an hour."""

    def finished(self, token: str) -> Succeeded | None:
        """Return the outcome of a complete video; None where there is none. An incomplete one is removed."""
        path = self.video(token)
        try:
            return self._outcome(token, path)
        except FileNotFoundError:
            return None
        except Refused:
            path.unlink(missing_ok=True)
            return None

    def produce(self, token: str, write: Callable[[Path], None]) -> Succeeded:
        """Let `write` fill a part file, check it and rename it; the part of a failure is removed.

        Two processes that render one token at the same time both succeed. Raises what `write` raises, Refused, OSError.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / f"{token}.{new_id()}.part"
        try:
            write(part)
            done = self._outcome(token, part)
            flush(part)
            part.replace(self.video(token))
        finally:
            part.unlink(missing_ok=True)
        flush(self.folder)
        return done

    def sweep(self) -> None:
        """Remove expired files, and parts that have not changed for as long."""
        oldest = time.time() - KEPT_SECONDS - SWEEP_GRACE_SECONDS
        for pattern in ("*.mp4", "*.part"):
            for path in self.folder.glob(pattern):
                with suppress(FileNotFoundError):
                    if path.stat().st_mtime < oldest:
                        path.unlink()

    def _outcome(self, token: str, path: Path) -> Succeeded:
        facts = probe(path)
        ended = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        return Succeeded(
            output_url=self.url(token),
            duration_seconds=facts.duration_seconds,
            expires_at=ended + timedelta(seconds=KEPT_SECONDS),
        )
