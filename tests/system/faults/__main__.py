"""`make faults`: runs every row for real and writes docs/reliability.md and docs/reliability.svg."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.system.faults.matrix import Outcome, Row, all_rows, run
from tests.system.faults.plot import svg
from tests.system.faults.record import recall, remember
from tests.system.faults.report import markdown

DOCS = Path(__file__).parents[3] / "docs"


def chosen(rows: Sequence[Row], words: Sequence[str]) -> list[Row]:
    """Return the rows whose family or name contains one of the words; without words, all."""
    return [one for one in rows if not words or any(word in f"{one.family}: {one.name}" for word in words)]


def tell(outcome: Outcome) -> None:
    """Say how a row went; a row that was not run is said as loudly as one that failed."""
    figures = " ".join(f"{took:.1f}" for took in outcome.recoveries)
    mark = {"passed": "ok    ", "failed": "FAILED", "not run": "NOT RUN"}[outcome.verdict]
    print(f"{mark} {outcome.row.family}: {outcome.row.name} [{outcome.seconds:.0f} s] {figures} {outcome.why_not}")
    for problem in outcome.problems:
        print(f"       {problem}")
    sys.stdout.flush()


def main() -> int:
    """Run the rows and return 1 if one of them failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*", help="only rows with one of these in their family and name")
    parser.add_argument("--missing", action="store_true", help="only rows that never passed")
    parser.add_argument("--out", type=Path, default=DOCS)
    arguments = parser.parse_args()
    rows, record = all_rows(), arguments.out / "reliability.json"
    arguments.out.mkdir(parents=True, exist_ok=True)
    passed = {one.row.name for one in recall(record, rows) if one.verdict == "passed"} if arguments.missing else set()
    failed = False
    for one in chosen(rows, arguments.words):
        if one.name in passed:
            continue
        outcome = asyncio.run(run(one))
        tell(outcome)
        remember(record, outcome)
        failed = failed or bool(outcome.problems)
        outcomes = recall(record, rows)
        (arguments.out / "reliability.md").write_text(markdown(outcomes))
        (arguments.out / "reliability.svg").write_text(svg(outcomes))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
