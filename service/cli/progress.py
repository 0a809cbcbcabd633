"""Progress on stderr: a live bar where somebody watches, one line a change where nobody does."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Protocol, Self

from domain.job import Job
from service.cli.output import clean, say


class Progress(Protocol):
    """Shows how a job moves."""

    def show(self, job: Job) -> None:
        """Show the job as it is now."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Lines:
    """One line a change that can be seen."""

    def __init__(self) -> None:
        self._last = ""

    def show(self, job: Job) -> None:
        """Print the job as it is now."""
        line = f"{job.percent:3d} %  {job.status:<11}  {describe(job)}"
        if line != self._last:
            say(line)
        self._last = line

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        del kind, error, trace


class Bar:
    """One line that moves."""

    def __init__(self) -> None:
        from rich.console import Console  # noqa: PLC0415 - for terminals only
        from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn  # noqa: PLC0415

        self._progress = Progress(
            SpinnerColumn(finished_text=" "),
            TextColumn("{task.fields[status]:<11}", markup=False),
            BarColumn(bar_width=32),
            TaskProgressColumn(),
            TextColumn("{task.description}", markup=False),
            console=Console(stderr=True, highlight=False),
        )
        self._task = self._progress.add_task("", total=100, status="")

    def show(self, job: Job) -> None:
        """Move the bar."""
        self._progress.update(self._task, completed=job.percent, status=str(job.status), description=describe(job))

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        del kind, error, trace
        self._progress.stop()


def make_progress() -> Progress:
    """Choose what suits the place that stderr goes to."""
    return Bar() if sys.stderr.isatty() else Lines()


def describe(job: Job) -> str:
    """Say in a few words what is going on: message, scene, time left."""
    scene = None if job.current_scene is None else f"scene {job.current_scene} of {len(job.storyboard)}"
    seconds = job.estimated_completion_seconds
    left = f"about {seconds} s left" if seconds and not job.is_final else None
    return ", ".join(filter(None, [clean(job.message), scene, left]))
