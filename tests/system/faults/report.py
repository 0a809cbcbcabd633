"""The outcomes as a page for people."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Sequence

from tests.system.faults.matrix import Outcome
from tests.system.faults.world import LEASE_SECONDS

HEAD = """# Reliability: the fault matrix

`make faults` runs every row below against whole `reelwright serve` processes, real servers and a hostile provider, and
writes this page. The faults are injected for real: signals, a TCP proxy that cuts and stalls, small file systems,
failing system calls, a shifted clock, a memory limit, a network of its own.

After every row the same is checked: one final event for each job; one create for each job in the provider's books;
gapless positions and versions; `reelwright replay --verify`, by which fold, read model and hash chain agree; every
event once and in order in the stream `VIDEO`, and one last word for each job; a file whose hash is its event's; and no
secret in any log. A row that a machine cannot run is listed as not run, never as passed.
"""


def markdown(outcomes: Sequence[Outcome]) -> str:
    """Return the whole page."""
    counts = Counter(outcome.verdict for outcome in outcomes)
    tally = ", ".join(f"{counts[verdict]} {verdict}" for verdict in ("passed", "failed", "not run"))
    place = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    lines = [
        HEAD,
        f"{len(outcomes)} rows: {tally}. Measured with a lease of {LEASE_SECONDS:g} s on {place}.",
        "",
        "![Recovery times](reliability.svg)",
        "",
        "| family | row | outcome | recovery p50 | p99 | target |",
        "|---|---|---|---:|---:|---:|",
        *map(_line, outcomes),
        "",
        "## How each fault is injected",
        "",
        *(f"- **{outcome.row.name}**: {outcome.row.story}" for outcome in outcomes),
        *_what_went_wrong(outcomes),
    ]
    return "\n".join(lines) + "\n"


def _line(outcome: Outcome) -> str:
    row = outcome.row
    p50, p99 = (f"{outcome.quantile(part):.1f} s" if outcome.recoveries else "" for part in (0.5, 0.99))
    target = f"{row.limit_seconds:g} s" if row.limit_seconds else ""
    why = f": {outcome.why_not}" if outcome.why_not else ""
    return f"| {row.family} | {row.name} | {outcome.verdict}{why} | {p50} | {p99} | {target} |"


def _what_went_wrong(outcomes: Sequence[Outcome]) -> list[str]:
    """Name the first problem of each row that failed."""
    failed = [outcome for outcome in outcomes if outcome.problems]
    if not failed:
        return []
    return ["", "## What failed", "", *(f"- **{one.row.name}**: {one.problems[0]}" for one in failed)]
