"""A certificate as a table for a terminal and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from tests.system.paid_once.verdict import Certificate

WIDTH = 34


def table(certificates: Sequence[Certificate]) -> str:
    """Return one column a worker."""
    lines = [_line("", [one.worker for one in certificates])]
    lines += [_line(title, [cells[title] for cells in map(_cells, certificates)]) for title in _cells(certificates[0])]
    return "\n".join(lines)


def _line(title: str, cells: Sequence[str]) -> str:
    return f"{title:<{WIDTH}}" + "".join(f"{cell:>14}" for cell in cells)


def _cells(one: Certificate) -> dict[str, str]:
    return {
        "jobs": str(one.jobs),
        "completed": str(one.completed),
        "failed": str(one.failed),
        "lost": str(one.lost),
        "stuck": str(one.stuck),
        "creates in the provider's books": str(one.creates),
        "renders that failed there": str(one.renders_failed),
        "creates per job (no failed render)": f"{one.creates_per_job:.2f}",
        "most creates per job": f"{one.most_creates_per_job:.2f}",
        "renders paid again": str(one.paid_again),
        "messages announced": str(one.announced),
        "announced twice": str(one.announced_twice),
        "gaps in sequence": str(one.gaps),
        "kills (-9)": str(one.kills),
        "faults injected": str(sum(one.faults.values())),
        "restart p50 (kill to ready)": f"{one.restart_ms_p50 / 1000:.1f} s",
        "recovery p50 (kill to next event)": f"{one.recovery_ms_p50 / 1000:.1f} s",
        "recovery p99": f"{one.recovery_ms_p99 / 1000:.1f} s",
        "took": f"{one.seconds:.0f} s",
        "verdict": "broken" if one.broken else "holds",
    }


def as_json(certificates: Sequence[Certificate], *, swept: dict[str, object]) -> str:
    """Return everything that was measured."""
    runs = [
        asdict(one)
        | {
            "restart_ms_p50": one.restart_ms_p50,
            "recovery_ms_p50": one.recovery_ms_p50,
            "recovery_ms_p99": one.recovery_ms_p99,
            "broken": one.broken,
        }
        for one in certificates
    ]
    return json.dumps({"storms": runs, "sweep": swept}, indent=2) + "\n"
