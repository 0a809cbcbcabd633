"""`make certify`: the storm and the sweep in full. Exit 1 when a guarantee does not hold."""

from __future__ import annotations

import argparse
import asyncio
import sys
from contextlib import nullcontext
from pathlib import Path

from service.logs import configure_logs
from tests.fixtures.postgres import PostgresServer
from tests.system.paid_once.plot import svg
from tests.system.paid_once.report import as_json, table
from tests.system.paid_once.runs import certify_naive, certify_reelwright
from tests.system.paid_once.stop_at import CannotStop
from tests.system.paid_once.storm import Plan
from tests.system.paid_once.sweep import sweep_all

DOCS = Path(__file__).parents[3] / "docs"
NAIVE_KILLS = 5


async def certify(plan: Plan, *, out: Path, database_url: str, sweep: bool) -> int:
    """Run both workers through the storm, sweep, write what was measured, and return the exit code."""
    print(f"The storm: {plan.jobs} jobs, {plan.kills} kills, seed {plan.seed}", flush=True)
    certificate, broken = await certify_reelwright(plan, database_url=database_url)
    naive = await certify_naive(Plan(jobs=plan.jobs // 4, kills=NAIVE_KILLS, seed=plan.seed))
    if not naive.paid_again:
        broken.append("the naive worker was not caught: the storm proves nothing")
    print(table([certificate, naive]), flush=True)
    swept, problems = await _sweep() if sweep else ({}, [])
    out.mkdir(parents=True, exist_ok=True)
    (out / "certificate.json").write_text(as_json([certificate, naive], swept=swept))
    (out / "certificate.svg").write_text(svg([certificate, naive]))
    print(f"\nWritten to {out}/certificate.json and certificate.svg.")
    broken += problems
    for what in broken:
        print(f"BROKEN: {what}", file=sys.stderr)
    return 1 if broken else 0


async def _sweep() -> tuple[dict[str, object], list[str]]:
    print("\nThe sweep: one job's life is cut before each of its writes", flush=True)
    try:
        ends, problems = await sweep_all()
    except CannotStop as error:
        return {"points": 0, "why": str(error)}, [str(error)]
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(ends.items()))
    print(f"{ends.total()} points ({kinds}), {len(problems)} problems")
    return {"points": ends.total(), "by_kind": dict(ends), "problems": problems}, problems


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=DOCS)
    parser.add_argument("--postgres", action="store_true", help="the storm on PostgreSQL instead of SQLite")
    parser.add_argument("--sweep", action=argparse.BooleanOptionalAction, default=True, help="kill at every write")
    chosen = parser.parse_args()
    configure_logs(form="console", level="error")
    plan = Plan(jobs=chosen.jobs, kills=chosen.kills, seed=chosen.seed)
    with PostgresServer() if chosen.postgres else nullcontext() as server:
        url = server.dsn() if server is not None else ""
        return asyncio.run(certify(plan, out=chosen.out, database_url=url, sweep=chosen.sweep))


if __name__ == "__main__":
    sys.exit(main())
