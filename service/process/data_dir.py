"""The data directory belongs to one user: what others could read in it is closed, what is not ours is told.

The command line makes new files and folders closed from the start; here older ones are found.
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
    """What is wrong with whose files these are, as paths. `is_shared`: the folder itself is for everybody's files."""

    readable: tuple[Path, ...] = ()
    foreign: tuple[Path, ...] = ()
    is_shared: bool = False


def prepare(data_dir: Path) -> None:
    """Make the directory, or close it and all of ours in it to other users: folders 0700, files 0600.

    A directory that was closed already hides what is in it, so that nothing in it is looked at. One that other
    people's files are for (`/tmp`, a home) is left alone.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    facts = data_dir.stat()
    if _is_shared(data_dir, facts):
        log.warning("data_dir_is_shared", path=str(data_dir))
        return
    if not _is_ours(facts):
        log.warning("data_dir_is_not_ours", path=str(data_dir), uid=facts.st_uid)
    if facts.st_mode & OTHERS and (closed := sum(_close(path, found) for path, found in _entries(data_dir, facts))):
        was = f"{stat.S_IMODE(facts.st_mode):04o}"
        log.warning("data_dir_closed_to_others", path=str(data_dir), was=was, entries=closed)


def survey(data_dir: Path) -> Survey:
    """Look whose everything in the directory is, and who else can read it; changes nothing."""
    facts = data_dir.stat()
    if _is_shared(data_dir, facts):
        return Survey(is_shared=True)
    entries = [*_entries(data_dir, facts)]
    is_closed = _is_ours(facts) and not facts.st_mode & OTHERS
    return Survey(
        readable=()
        if is_closed
        else tuple(path for path, found in entries if _is_ours(found) and found.st_mode & OTHERS),
        foreign=tuple(path for path, found in entries if not _is_ours(found)),
    )


def named(paths: tuple[Path, ...]) -> str:
    """Return the first few of many paths for a line of text."""
    more = f" and {len(paths) - MOST_NAMED} more" if len(paths) > MOST_NAMED else ""
    return ", ".join(map(str, paths[:MOST_NAMED])) + more


def _entries(top: Path, facts: os.stat_result) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield the directory and everything below it, without what links lead to; others may remove files meanwhile."""
    yield top, facts
    folders = [top]
    while folders:
        try:
            with os.scandir(folders.pop()) as listing:
                entries = [*listing]
        except OSError:
            continue
        for entry in entries:
            try:
                found = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            if stat.S_ISLNK(found.st_mode):
                continue
            yield Path(entry.path), found
            if stat.S_ISDIR(found.st_mode):
                folders.append(Path(entry.path))


def _close(path: Path, facts: os.stat_result) -> bool:
    """Take from others what they may do with one of ours; tell whether there was anything."""
    if not _is_ours(facts) or not facts.st_mode & OTHERS:
        return False
    try:
        path.chmod(stat.S_IMODE(facts.st_mode) & ~OTHERS)
    except OSError:
        return False
    return True


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
