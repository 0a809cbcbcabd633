"""The rows of the fault matrix: how one is declared, and how it is run and judged."""

from __future__ import annotations

import asyncio
import importlib
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.system.faults.invariants import broken
from tests.system.faults.world import World

FAMILIES = (
    "killed_workers",
    "frozen_workers",
    "clean_stops",
    "roles",
    "nats_away",
    "nats_lost",
    "nats_cluster",
    "postgres_restarts",
    "postgres_connections",
    "sqlite_faults",
    "disks",
    "limits",
    "clocks",
    "messages",
    "provider_faults",
    "deploys",
    "partitions",
    "soak",
)
ROW_SECONDS = 240.0
LOG_LINES = 30
KEPT = os.environ.get("KEEP_FAULTS")

Inject = Callable[[World], Awaitable[Sequence[float]]]


class NotRun(Exception):
    """This machine cannot inject the fault; the text says what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One fault. `limit_seconds` is the target for each recovery; None where there is none.

    All of it is over `within_seconds`, or has failed. `quick` rows run with the tests, too.
    """

    family: str
    name: str
    story: str
    inject: Inject
    limit_seconds: float | None
    within_seconds: float
    quick: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run of a row brought: `problems` is empty when it passed, `why_not` says why it was not run."""

    row: Row
    recoveries: Sequence[float] = ()
    problems: Sequence[str] = ()
    why_not: str = ""
    seconds: float = 0.0

    @property
    def verdict(self) -> str:
        """`passed`, `failed` or `not run`."""
        return "not run" if self.why_not else "failed" if self.problems else "passed"

    def quantile(self, part: float) -> float:
        """Return that part's recovery time; of one figure, itself."""
        if len(self.recoveries) < 2:
            return self.recoveries[0]
        cuts = statistics.quantiles(self.recoveries, n=100, method="inclusive")
        return cuts[round(part * 100) - 1]


ROWS: list[Row] = []


def row(
    *, limit_seconds: float | None = None, within_seconds: float = ROW_SECONDS, quick: bool = False
) -> Callable[[Inject], Inject]:
    """Enter a function into the matrix: its name is the row's, its docstring says how the fault is injected.

    It brings about the fault and returns each time of recovery in seconds; what must hold afterwards is not its work.
    """

    def enter(inject: Inject) -> Inject:
        name = inject.__name__.replace("_", " ")  # type: ignore[attr-defined]
        family = inject.__module__.rpartition(".")[2].replace("_", " ")
        story = " ".join((inject.__doc__ or "").split())
        ROWS.append(
            Row(
                family=family,
                name=name,
                story=story,
                inject=inject,
                limit_seconds=limit_seconds,
                within_seconds=within_seconds,
                quick=quick,
            )
        )
        return inject

    return enter


def all_rows() -> list[Row]:
    """Return every row, family by family."""
    for family in FAMILIES:
        importlib.import_module(f"tests.system.faults.{family}")
    return ROWS


async def run(one: Row) -> Outcome:
    """Run a row in a world of its own and judge it."""
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="reelwright-fault-"))
    world = World(folder)
    recoveries: Sequence[float] = ()
    try:
        async with asyncio.timeout(one.within_seconds):
            recoveries = await one.inject(world)
            problems = [*await broken(world), *_too_slow(one, recoveries)]
    except NotRun as reason:
        return Outcome(row=one, why_not=str(reason))
    except Exception as error:  # noqa: BLE001 - one row that breaks must not hide the others
        problems = [f"{type(error).__name__}: {error}"]
    finally:
        logs = _ends_of_logs(world)
        world.close()
        if not KEPT:
            shutil.rmtree(folder, ignore_errors=True)
    seconds = time.monotonic() - began
    return Outcome(row=one, recoveries=recoveries, problems=problems + (logs if problems else []), seconds=seconds)


def _too_slow(one: Row, recoveries: Sequence[float]) -> list[str]:
    limit = one.limit_seconds
    return [f"recovered after {took:.1f} s instead of {limit:g} s" for took in recoveries if limit and took > limit]


def _ends_of_logs(world: World) -> list[str]:
    return [f"--- {one.data_dir.name}\n{one.log_tail(LOG_LINES)}" for one in world.services if one.log_path.exists()]
