"""What `doctor` checks on this machine: Python, packages, the data directory, the renderer."""

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
from typing import Self

from service.process.data_dir import named, survey
from service.settings import ConfigurationError, Settings
from service.wiring.advice import renderer_advice

OLDEST_PYTHON = (3, 11)
GIBIBYTE = 1024**3
WARN_BELOW_BYTES = 5 * GIBIBYTE
FAIL_BELOW_BYTES = GIBIBYTE
COMPILED = ("av", "PIL.Image", "msgspec", "pydantic_core", "asyncpg")
"""Packages that can be installed and still fail to load on a machine."""
REMOTE_FILE_SYSTEMS = ("nfs", "cifs", "smb", "9p", "fuse.sshfs", "ceph", "gluster")


class CheckState(StrEnum):
    """The result of a check. WARN: it works, but a person should look."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What was checked, its state, and what to do next."""

    what: str
    text: str
    state: CheckState = CheckState.OK
    next_step: str | None = None

    @classmethod
    def ok(cls, what: str, text: str) -> Self:
        """Make the result of a check that found nothing wrong."""
        return cls(what=what, text=text)

    @classmethod
    def warn(cls, what: str, text: str, *, next_step: str) -> Self:
        """Make the result of a check that a person should look at."""
        return cls(what=what, text=text, state=CheckState.WARN, next_step=next_step)

    @classmethod
    def fail(cls, what: str, text: str, *, next_step: str) -> Self:
        """Make the result of a check that failed."""
        return cls(what=what, text=text, state=CheckState.FAIL, next_step=next_step)

    @property
    def view(self) -> dict[str, object]:
        """Return the result as JSON."""
        return {"check": self.what, "state": self.state.value, "text": self.text, "next": self.next_step}


def python() -> CheckResult:
    """Check the version of Python."""
    text = f"{sys.version.split()[0]} at {sys.executable}"
    if sys.version_info < OLDEST_PYTHON:
        return CheckResult.fail("Python", text, next_step="install Python 3.11 or newer")
    return CheckResult.ok("Python", text)


def packages() -> CheckResult:
    """Check that every package is installed, and that the compiled ones can be loaded."""
    wrong = [problem for problem in map(_missing, metadata.requires("reelwright") or ()) if problem]
    for module in COMPILED:
        try:
            importlib.import_module(module)
        except ImportError as error:
            wrong.append(f"{module} cannot be loaded: {error}")
    if wrong:
        return CheckResult.fail("packages", "; ".join(wrong), next_step="make install   (or: pip install reelwright)")
    return CheckResult.ok("packages", f"all there, reelwright {metadata.version('reelwright')}")


def data_dir(settings: Settings) -> CheckResult:
    """Check that files can be written, and on which kind of file system."""
    what, path = "data directory", settings.data_dir.absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path) as file:
            file.write(b"reelwright")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        text, advice = f"{path} cannot be written: {error.strerror}", "set REELWRIGHT_DATA_DIR to a directory of yours"
        return CheckResult.fail(what, text, next_step=advice)
    kind = _file_system(path)
    if kind is not None and kind.startswith(REMOTE_FILE_SYSTEMS) and settings.database_url is None:
        text = f"{path} is on {kind}: SQLite can lose data on a file system of another machine"
        advice = "set REELWRIGHT_DATA_DIR to a local disk, or REELWRIGHT_DATABASE_URL to PostgreSQL"
        return CheckResult.warn(what, text, next_step=advice)
    return CheckResult.ok(what, f"{path} can be written{f', on {kind}' if kind else ''}")


def access(settings: Settings) -> CheckResult:
    """Check which other users can read the data directory: it holds passwords, and everything that was sent."""
    path = settings.data_dir.absolute()
    if not path.is_dir():
        return CheckResult.ok("access", "there is no data directory yet; it is made for this user alone")
    found = survey(path)
    if found.is_shared:
        text, advice = f"{path} is for everybody's files", "set REELWRIGHT_DATA_DIR to a directory of its own"
    elif found.foreign:
        text, advice = f"not this user's: {named(found.foreign)}", f"chown -R $(id -u) {path}   (as root)"
    elif found.readable:
        text, advice = f"other users can read {named(found.readable)}", f"chmod -R go= {path}   (`serve` does it, too)"
    else:
        return CheckResult.ok("access", "only this user can read what is in the data directory")
    return CheckResult.warn("access", text, next_step=advice)


def disk_space(settings: Settings) -> CheckResult:
    """Check how much room there is for videos."""
    path = settings.data_dir.absolute()
    while not path.exists():
        path = path.parent
    free = shutil.disk_usage(path).free
    text, advice = f"{free / GIBIBYTE:.1f} GiB free", f"make room on the disk of {path}"
    if free < FAIL_BELOW_BYTES:
        return CheckResult.fail("disk space", text, next_step=advice)
    if free < WARN_BELOW_BYTES:
        return CheckResult.warn("disk space", text, next_step=advice)
    return CheckResult.ok("disk space", text)


def renderer(settings: Settings) -> CheckResult:
    """Check the renderer's settings; whether the provider accepts the token is not checked."""
    match settings.renderer:
        case "slideshow":
            return CheckResult.ok("renderer", "slideshow: renders on this machine, costs nothing")
        case "noop":
            advice = "unset REELWRIGHT_RENDERER to make videos"
            return CheckResult.warn("renderer", "noop: renders nothing, for benchmarks only", next_step=advice)
        case "replicate":
            # Settings without a token or a model are refused before any check is made.
            return _replicate(settings)


def _replicate(settings: Settings) -> CheckResult:
    text = f"replicate: {settings.replicate_model or settings.replicate_profile}, the token is set"
    try:
        doubts = renderer_advice(settings)
    except ConfigurationError as error:
        return CheckResult.fail("renderer", str(error), next_step="set REELWRIGHT_REPLICATE_PROFILE")
    if doubts:
        advice = "map a seed in the profile, give Reelwright an account of its own, or lower the time limit"
        return CheckResult.warn("renderer", "; ".join([text, *doubts]), next_step=advice)
    return CheckResult.ok("renderer", text)


def _file_system(path: Path) -> str | None:
    """Return the kind of the file system that holds `path`, None where the operating system does not say."""
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
