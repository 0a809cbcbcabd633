"""What the doctor can see without leaving this process: Python, packages, the data directory, the renderer."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from pathlib import Path

from service.process.data_dir import named, survey
from service.settings import Settings

OLDEST_PYTHON = (3, 11)
GIBIBYTE = 1024**3
LITTLE_SPACE_BYTES = 5 * GIBIBYTE
TOO_LITTLE_SPACE_BYTES = GIBIBYTE
COMPILED = ("av", "PIL.Image", "msgspec", "pydantic_core", "asyncpg")
"""Packages that can be installed and still not work on a machine."""
REMOTE_FILE_SYSTEMS = ("nfs", "cifs", "smb", "9p", "fuse.sshfs", "ceph", "gluster")


class CheckState(StrEnum):
    """How bad it is. WARN: it works, and somebody should know."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What was looked at, how it is, and what to do about it."""

    what: str
    text: str
    state: CheckState = CheckState.OK
    next_step: str | None = None

    @property
    def view(self) -> dict[str, object]:
        """The same for programs."""
        return {"check": self.what, "state": self.state.value, "text": self.text, "next": self.next_step}


def python() -> CheckResult:
    """Look at the interpreter."""
    text = f"{sys.version.split()[0]} at {sys.executable}"
    if sys.version_info < OLDEST_PYTHON:
        return CheckResult(what="Python", text=text, state=CheckState.FAIL, next_step="install Python 3.11 or newer")
    return CheckResult(what="Python", text=text)


def packages() -> CheckResult:
    """Look whether every package is there, and whether the compiled ones can be loaded."""
    wrong = [problem for problem in map(_missing, metadata.requires("reelwright") or ()) if problem]
    for module in COMPILED:
        try:
            importlib.import_module(module)
        except ImportError as error:
            wrong.append(f"{module} cannot be loaded: {error}")
    if wrong:
        return CheckResult(
            what="packages",
            text="; ".join(wrong),
            state=CheckState.FAIL,
            next_step="make install   (or: pip install reelwright)",
        )
    return CheckResult(what="packages", text=f"all there, reelwright {metadata.version('reelwright')}")


def data_dir(settings: Settings) -> CheckResult:
    """Look whether files can be written, and on what kind of disk."""
    path = settings.data_dir.absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path) as file:
            file.write(b"reelwright")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return CheckResult(
            what="data directory",
            text=f"{path} cannot be written: {error.strerror}",
            state=CheckState.FAIL,
            next_step="set REELWRIGHT_DATA_DIR to a directory of yours",
        )
    kind = file_system(path)
    if kind is not None and kind.startswith(REMOTE_FILE_SYSTEMS) and settings.database_url is None:
        return CheckResult(
            what="data directory",
            text=f"{path} is on {kind}: SQLite can lose data on a file system of another machine",
            state=CheckState.WARN,
            next_step="set REELWRIGHT_DATA_DIR to a local disk, or REELWRIGHT_DATABASE_URL to PostgreSQL",
        )
    return CheckResult(what="data directory", text=f"{path} can be written{f', on {kind}' if kind else ''}")


def access(settings: Settings) -> CheckResult:
    """Look who else can read what is in the data directory: everything that was sent, and all passwords."""
    path = settings.data_dir.absolute()
    if not path.is_dir():
        return CheckResult(what="access", text="there is no data directory yet; it is made for this user alone")
    found = survey(path)
    if found.is_shared:
        text, advice = f"{path} is for everybody's files", "set REELWRIGHT_DATA_DIR to a directory of its own"
        return CheckResult(what="access", text=text, state=CheckState.WARN, next_step=advice)
    if found.foreign:
        text, advice = f"not this user's: {named(found.foreign)}", f"chown -R $(id -u) {path}   (as root)"
        return CheckResult(what="access", text=text, state=CheckState.WARN, next_step=advice)
    if found.readable:
        text, advice = f"other users can read {named(found.readable)}", f"chmod -R go= {path}   (`serve` does it, too)"
        return CheckResult(what="access", text=text, state=CheckState.WARN, next_step=advice)
    return CheckResult(what="access", text="only this user can read what is in the data directory")


def disk_space(settings: Settings) -> CheckResult:
    """Look how much room there is for videos."""
    path = settings.data_dir.absolute()
    while not path.exists():
        path = path.parent
    free = shutil.disk_usage(path).free
    text = f"{free / GIBIBYTE:.1f} GiB free"
    if free < LITTLE_SPACE_BYTES:
        state = CheckState.FAIL if free < TOO_LITTLE_SPACE_BYTES else CheckState.WARN
        return CheckResult(what="disk space", text=text, state=state, next_step=f"make room on the disk of {path}")
    return CheckResult(what="disk space", text=text)


def renderer(settings: Settings) -> CheckResult:
    """Look whether the renderer has what it needs; that a token is set says nothing about its credit."""
    match settings.renderer:
        case "slideshow":
            return CheckResult(what="renderer", text="slideshow: renders on this machine, costs nothing")
        case "noop":
            return CheckResult(
                what="renderer",
                text="noop: renders nothing, for benchmarks only",
                state=CheckState.WARN,
                next_step="unset REELWRIGHT_RENDERER to make videos",
            )
        case "replicate":
            # Settings without a token or a model are refused before any check is made.
            by = settings.replicate_model or settings.replicate_profile
            return CheckResult(what="renderer", text=f"replicate: {by}, the token is set")


def file_system(path: Path) -> str | None:
    """Return the kind of file system that holds `path`, where the system tells."""
    try:
        mounts = Path("/proc/self/mounts").read_text()
    except OSError:
        return None
    found = max(
        ((where, kind) for _, where, kind, *_ in map(str.split, mounts.splitlines()) if path.is_relative_to(where)),
        key=lambda mount: len(mount[0]),
        default=None,
    )
    return found[1] if found else None


def _missing(requirement: str) -> str | None:
    name = re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
    if "extra ==" in requirement or ("win32" in requirement and sys.platform == "win32"):
        return None
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return f"{name} is not installed"
    return None
