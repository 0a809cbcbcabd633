"""Progress on stderr: a live bar where somebody watches, one line a change where nobody does."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Protocol, Self

from domain.job import Job
from service.cli.output import clean, say

BAR_LETTERS = 24


class ProgressDisplay(Protocol):
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
            BarColumn(bar_width=BAR_LETTERS),
            TaskProgressColumn(),
            TextColumn("{task.description}", markup=False),
            console=Console(stderr=True, highlight=False),
        )
        self._task = self._progress.add_task("", total=100, status="")

    def show(self, job: Job) -> None:
        """Move the bar; what is beside it fits into 80 letters."""
        text = ", ".join(_where(job)) or clean(job.message)
        self._progress.update(self._task, completed=job.percent, status=str(job.status), description=text)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        del kind, error, trace
        self._progress.stop()


def make_progress() -> ProgressDisplay:
    """Choose what suits the place that stderr goes to."""
    return Bar() if sys.stderr.isatty() else Lines()


def describe(job: Job) -> str:
    """Say in a few words what is going on: message, scene, time left."""
    return ", ".join([clean(job.message), *_where(job)])


def _where(job: Job) -> list[str]:
    if job.is_final:
        return []
    scene, seconds = job.current_scene, job.estimated_completion_seconds
    return [
        *([] if scene is None else [f"scene {scene} of {len(job.storyboard)}"]),
        *([f"about {seconds} s left"] if seconds else []),
    ]
