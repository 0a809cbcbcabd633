"""`make certify`: the storm and the sweep in full. Exit 1 when a guarantee does not hold."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from tests.system.paid_once.plot import svg
from tests.system.paid_once.report import as_json, table
from tests.system.paid_once.runs import certify_naive, certify_reelwright
from tests.system.paid_once.storm import Plan

DOCS = Path(__file__).parents[3] / "docs"
NAIVE_KILLS = 5


async def certify(plan: Plan, *, out: Path) -> int:
    """Run both workers through the storm, write what was measured, and return the exit code."""
    print(f"{plan.jobs} jobs, {plan.kills} kills, seed {plan.seed}", flush=True)
    certificate, broken = await certify_reelwright(plan)
    naive = await certify_naive(Plan(jobs=plan.jobs // 4, kills=NAIVE_KILLS, seed=plan.seed))
    if not naive.paid_again:
        broken.append("the naive worker was not caught: the storm proves nothing")
    out.mkdir(parents=True, exist_ok=True)
    (out / "certificate.json").write_text(as_json([certificate, naive], swept={}))
    (out / "certificate.svg").write_text(svg([certificate, naive]))
    print(table([certificate, naive]))
    print(f"\nWritten to {out}/certificate.json and certificate.svg.")
    for what in broken:
        print(f"BROKEN: {what}", file=sys.stderr)
    return 1 if broken else 0


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=DOCS)
    chosen = parser.parse_args()
    plan = Plan(jobs=chosen.jobs, kills=chosen.kills, seed=chosen.seed)
    return asyncio.run(certify(plan, out=chosen.out))


if __name__ == "__main__":
    sys.exit(main())
