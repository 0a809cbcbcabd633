"""Errors for a person in three parts: what went wrong, why, and what to type next. And the exit codes."""

from __future__ import annotations

import errno
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import TYPE_CHECKING

from service.cli.output import clean

if TYPE_CHECKING:
    from domain.errors import ReelwrightError


class ExitCode(IntEnum):
    """The exit codes of the process."""

    OK = 0
    FAILED = 1
    USAGE = 2
    CONFIGURATION = 3
    DEPENDENCY_DOWN = 4
    NOT_FOUND = 5
    CONFLICT = 6


class CliError(Exception):
    """An expected error, in three parts, with its exit code."""

    def __init__(self, what: str, *, why: str, next_step: str, exit_code: ExitCode = ExitCode.FAILED) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.next_step = next_step
        self.exit_code = exit_code


@contextmanager
def explained(what: str, *, next_step: str | None = None) -> Iterator[None]:
    """Turn an expected error of the block into a CliError; `next_step` is its advice for FAILED and CONFLICT."""
    from domain.errors import ReelwrightError  # noqa: PLC0415 - `--help` does without the domain

    try:
        yield
    except (ReelwrightError, ExceptionGroup) as error:
        first = _first(error)
        if not isinstance(first, ReelwrightError):
            raise
        raise _problem(first, what=what, next_step=next_step) from error


def explain(error: Exception) -> CliError:
    """Return any error as one for a person."""
    from domain.errors import ReelwrightError  # noqa: PLC0415

    error = _first(error)
    if isinstance(error, CliError):
        return error
    if isinstance(error, ReelwrightError):
        return _problem(error, what="That did not work", next_step=None)
    if isinstance(error, OSError):
        return _refused_by_system(error)
    return CliError(
        "Reelwright met an unexpected error",
        why=f"{type(error).__name__}: {error}",
        next_step="run the same with --debug, and report what it prints",
    )


def unreadable_file(name: str, error: OSError) -> CliError:
    """Return the error for a file of the command line that cannot be read."""
    why = error.strerror or str(error)
    return CliError(f"{name} cannot be read", why=why, next_step=f"ls -l {name}", exit_code=ExitCode.USAGE)


def print_problem(problem: CliError, *, debug: bool) -> int:
    """Print the three parts on stderr, with `debug` a traceback before them, and return the exit code."""
    if debug:
        traceback.print_exception(problem, file=sys.stderr)
    why = "\n        ".join(clean(line) for line in problem.why.strip().splitlines())
    sys.stderr.write(f"Error:  {clean(problem.what)}\n  Why:  {why}\n  Next: {problem.next_step}\n")
    return problem.exit_code


def _first(error: Exception) -> Exception:
    """Return the first error of a group: tasks that fail together raise a group."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


def _problem(error: ReelwrightError, *, what: str, next_step: str | None) -> CliError:
    code, advice = _code_and_advice(error)
    if next_step and code in {ExitCode.FAILED, ExitCode.CONFLICT}:
        advice = next_step
    return CliError(what, why=str(error), next_step=advice, exit_code=code)


def _refused_by_system(error: OSError) -> CliError:
    disk_full = error.errno in {errno.ENOSPC, errno.EDQUOT}
    return CliError(
        "The operating system refused",
        why=f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}",
        next_step="reelwright doctor",
        exit_code=ExitCode.DEPENDENCY_DOWN if disk_full else ExitCode.CONFIGURATION,
    )


def _code_and_advice(error: ReelwrightError) -> tuple[ExitCode, str]:
    from domain import errors  # noqa: PLC0415
    from service.jobs.render_lookup import ProviderUnavailable, RenderNotFound  # noqa: PLC0415
    from service.settings import ConfigurationError  # noqa: PLC0415

    match error:
        case ConfigurationError():
            return ExitCode.CONFIGURATION, "correct or unset it; when all are right, `reelwright config` lists them"
        case RenderNotFound():
            return ExitCode.NOT_FOUND, "the same with another --render-id; without one, it is rendered again"
        case ProviderUnavailable():
            return ExitCode.DEPENDENCY_DOWN, "the same again when the provider answers; nothing was changed"
        case errors.NotFound():
            return ExitCode.NOT_FOUND, "reelwright jobs"
        case errors.IllegalMove() | errors.VersionConflict() | errors.Fenced():
            return ExitCode.CONFLICT, "reelwright jobs"
        case errors.Unavailable():
            return ExitCode.DEPENDENCY_DOWN, "reelwright doctor"
        case _:
            return ExitCode.FAILED, "reelwright doctor"
