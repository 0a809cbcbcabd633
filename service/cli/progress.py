"""The progress of a job on stderr: a live bar on a terminal, else one line for each change."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from domain.job import Job
from service.cli.output import clean, say

BAR_LETTERS = 24


@contextmanager
def progress_display() -> Iterator[Callable[[Job], None]]:
    """Yield the function that shows a job as it is now."""
    if not sys.stderr.isatty():
        yield _line_printer()
        return
    from rich.console import Console  # noqa: PLC0415 - for terminals only
    from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn  # noqa: PLC0415

    columns = (
        SpinnerColumn(finished_text=" "),
        TextColumn("{task.fields[status]:<11}", markup=False),
        BarColumn(bar_width=BAR_LETTERS),
        TaskProgressColumn(),
        TextColumn("{task.description}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True, highlight=False)) as progress:
        task = progress.add_task("", total=100, status="")

        def move(job: Job) -> None:
            """Move the bar; the text beside it fits into 80 columns."""
            text = ", ".join(_position(job)) or clean(job.message)
            progress.update(task, completed=job.percent, status=str(job.status), description=text)

        yield move


def _line_printer() -> Callable[[Job], None]:
    last = ""

    def print_line(job: Job) -> None:
        nonlocal last
        line = f"{job.percent:3d} %  {job.status:<11}  {', '.join([clean(job.message), *_position(job)])}"
        if line != last:
            say(line)
        last = line

    return print_line


def _position(job: Job) -> list[str]:
    if job.is_final:
        return []
    scene, seconds = job.current_scene, job.estimated_completion_seconds
    return [
        *([] if scene is None else [f"scene {scene} of {len(job.storyboard)}"]),
        *([f"about {seconds} s left"] if seconds else []),
    ]
