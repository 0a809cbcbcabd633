"""What a person is told when something went wrong: what, why, and what to type next. And the exit codes."""

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
    """What the process answers with."""

    OK = 0
    FAILED = 1
    USAGE = 2
    CONFIGURATION = 3
    DEPENDENCY_DOWN = 4
    NOT_FOUND = 5
    CONFLICT = 6


class CliError(Exception):
    """An expected end without success."""

    def __init__(self, what: str, *, why: str, next_step: str, exit_code: ExitCode = ExitCode.FAILED) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.next_step = next_step
        self.exit_code = exit_code


@contextmanager
def explained(what: str, *, next_step: str | None = None) -> Iterator[None]:
    """Give every expected error in the block this headline; `next_step` is advice about something that exists."""
    from domain.errors import ReelwrightError  # noqa: PLC0415 - `--help` does without the domain

    try:
        yield
    except (ReelwrightError, ExceptionGroup) as error:
        first = _first(error)
        if not isinstance(first, ReelwrightError):
            raise
        raise _problem(first, what=what, next_step=next_step) from error


def explain(error: Exception) -> CliError:
    """Return what to tell a person about any error."""
    from domain.errors import ReelwrightError  # noqa: PLC0415

    error = _first(error)
    if isinstance(error, CliError):
        return error
    if isinstance(error, ReelwrightError):
        return _problem(error, what="That did not work", next_step=None)
    if isinstance(error, OSError):
        return _refused_by_system(error)
    return CliError(
        "Reelwright met an error that it does not know",
        why=f"{type(error).__name__}: {error}",
        next_step="run the same with --debug, and report what it prints",
    )


def show(problem: CliError, *, debug: bool) -> int:
    """Print the three parts on stderr, with `debug` what led to them, and return the exit code."""
    if debug:
        traceback.print_exception(problem, file=sys.stderr)
    why = "\n        ".join(clean(line) for line in problem.why.strip().splitlines())
    sys.stderr.write(f"Error:  {clean(problem.what)}\n  Why:  {why}\n  Next: {problem.next_step}\n")
    return problem.exit_code


def _first(error: Exception) -> Exception:
    """Tasks that end together raise together; the first one is told."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


def _problem(error: ReelwrightError, *, what: str, next_step: str | None) -> CliError:
    code, advice = _meaning(error)
    told = next_step if next_step and code in {ExitCode.FAILED, ExitCode.CONFLICT} else advice
    return CliError(what, why=str(error), next_step=told, exit_code=code)


def _refused_by_system(error: OSError) -> CliError:
    full = error.errno in {errno.ENOSPC, errno.EDQUOT}
    return CliError(
        "The operating system refused",
        why=f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}",
        next_step="reelwright doctor",
        exit_code=ExitCode.DEPENDENCY_DOWN if full else ExitCode.CONFIGURATION,
    )


def _meaning(error: ReelwrightError) -> tuple[ExitCode, str]:
    from domain import errors  # noqa: PLC0415
    from service.settings import ConfigurationError  # noqa: PLC0415

    match error:
        case ConfigurationError():
            return ExitCode.CONFIGURATION, "correct or unset it; when all are right, `reelwright config` lists them"
        case errors.NotFound():
            return ExitCode.NOT_FOUND, "reelwright jobs"
        case errors.IllegalMove() | errors.VersionConflict() | errors.Fenced():
            return ExitCode.CONFLICT, "reelwright jobs"
        case errors.Unavailable():
            return ExitCode.DEPENDENCY_DOWN, "reelwright doctor"
        case _:
            return ExitCode.FAILED, "reelwright doctor"
