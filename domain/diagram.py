"""The job's states as a Mermaid diagram, drawn from the table of legal moves."""

from __future__ import annotations

from domain.machine import FINAL, Status, moves

MARK = "%% drawn from the table of legal moves"
"""Stands in every copy of the drawing, so that a copy can be found and compared."""


def draw() -> str:
    """Return the text of a `stateDiagram-v2`: one arrow for each pair of states, named by its events."""
    events: dict[tuple[Status, Status], list[str]] = {}
    for (source, event_type), to in moves().items():
        events.setdefault((source, to), []).append(event_type)
    arrows = [f"    {_place(source)} --> {to} : {'<br/>'.join(names)}" for (source, to), names in events.items()]
    leads_on = {source for source, to in events if source is not to}
    ends = [f"    {status} --> [*]" for status in Status if status in FINAL - leads_on]
    return "\n".join(["stateDiagram-v2", f"    {MARK}", *arrows, *ends])


def _place(status: Status) -> str:
    """`new` is the place before the first event: the diagram's start."""
    return "[*]" if status is Status.NEW else str(status)
