"""The data directory belongs to one user: other users' access to its files is removed, or reported.

New files are closed to others from the start by the command line's umask; this is for older ones.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import structlog

OTHERS = 0o077
MOST_NAMED = 3

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Our files that others can read, and files of others. `is_shared`: the directory is one for everybody's files."""

    readable: tuple[Path, ...] = ()
    foreign: tuple[Path, ...] = ()
    is_shared: bool = False


def prepare(data_dir: Path) -> None:
    """Make the directory with mode 0700, or remove other users' access to it and to all our files in it.

    Where the directory itself is closed already, what is in it is not checked. A directory for other files as well
    (`/tmp`, a home) is left as it is.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    facts = data_dir.stat()
    if _is_shared(data_dir, facts):
        log.warning("data_dir_is_shared", path=str(data_dir))
        return
    if not _is_ours(facts):
        log.warning("data_dir_is_not_ours", path=str(data_dir), uid=facts.st_uid)
    if facts.st_mode & OTHERS and (closed := sum(_close(path, found) for path, found in _entries(data_dir, facts))):
        mode = f"{stat.S_IMODE(facts.st_mode):04o}"
        log.warning("data_dir_closed_to_others", path=str(data_dir), was=mode, entries=closed)


def survey(data_dir: Path) -> Survey:
    """Find our files that others can read, and files of others; change nothing."""
    facts = data_dir.stat()
    if _is_shared(data_dir, facts):
        return Survey(is_shared=True)
    entries = [*_entries(data_dir, facts)]
    is_closed = _is_ours(facts) and not facts.st_mode & OTHERS
    readable = () if is_closed else tuple(path for path, found in entries if _is_open(found))
    return Survey(readable=readable, foreign=tuple(path for path, found in entries if not _is_ours(found)))


def named(paths: tuple[Path, ...]) -> str:
    """Return the first few of the paths, and the number of the rest, as a text."""
    more = f" and {len(paths) - MOST_NAMED} more" if len(paths) > MOST_NAMED else ""
    return ", ".join(map(str, paths[:MOST_NAMED])) + more


def _entries(top: Path, facts: os.stat_result) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield the directory and everything below it; links are not followed, and files may vanish meanwhile."""
    yield top, facts
    for folder, folders, files in os.walk(top):
        for path in (Path(folder, name) for name in folders + files):
            try:
                found = path.lstat()
            except OSError:
                continue
            if not stat.S_ISLNK(found.st_mode):
                yield path, found


def _close(path: Path, facts: os.stat_result) -> bool:
    """Remove other users' access to a file of ours; return whether there was any."""
    if not _is_open(facts):
        return False
    try:
        path.chmod(stat.S_IMODE(facts.st_mode) & ~OTHERS)
    except OSError:
        return False
    return True


def _is_open(facts: os.stat_result) -> bool:
    """Return whether it is ours and others can do something with it."""
    return _is_ours(facts) and bool(facts.st_mode & OTHERS)


def _is_ours(facts: os.stat_result) -> bool:
    return facts.st_uid == os.geteuid()


def _is_shared(data_dir: Path, facts: os.stat_result) -> bool:
    path = data_dir.resolve()
    return bool(facts.st_mode & stat.S_ISVTX) or path in {Path(path.anchor), _home()}


def _home() -> Path | None:
    try:
        return Path.home()
    except RuntimeError:  # a user id without a name, as in containers
        return None
