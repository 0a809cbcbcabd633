"""The job's states as a Mermaid diagram, drawn from the table of legal moves."""

from __future__ import annotations

from domain.machine import FINAL, Status, moves

MARK = "%% drawn from the table of legal moves"
"""A line in every copy of the diagram, so that a test finds and compares the copies."""


def draw() -> str:
    """Return the text of a `stateDiagram-v2`: one arrow for each pair of states, named by its events."""
    events: dict[tuple[Status, Status], list[str]] = {}
    for (source, event_type), to in moves().items():
        events.setdefault((source, to), []).append(event_type)
    arrows = [f"    {_node(source)} --> {to} : {'<br/>'.join(names)}" for (source, to), names in events.items()]
    left_again = {source for source, to in events if source is not to}
    ends = [f"    {status} --> [*]" for status in Status if status in FINAL - left_again]
    return "\n".join(["stateDiagram-v2", f"    {MARK}", *arrows, *ends])


def _node(status: Status) -> str:
    """Return the node of a status; `new` is the start of the diagram."""
    return "[*]" if status is Status.NEW else str(status)
