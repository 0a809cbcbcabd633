"""What a person needs to find a render of which nobody can tell whether it exists. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from domain.events import RenderRequested
from domain.job import Job, Render
from domain.records import Recorded

LONGEST_FACT: Final = 400
MOST_TIMES: Final = 5
"""A request may be sent again many times while the provider throttles; the last times are what to compare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnresolvedRequest:
    """A request whose outcome only a person can find. `facts` has names and texts, the most telling first.

    `requested_at` has the last times at which it was sent, oldest first; `estimated_cost` is USD, None where unknown.
    """

    render: Render
    requested_at: tuple[datetime, ...]
    estimated_cost: Decimal | None
    facts: Mapping[str, str]


def unresolved_requests(job: Job, events: Sequence[Recorded]) -> Sequence[UnresolvedRequest]:
    """Return the unresolved requests of a job, oldest first; `events` is its history."""
    return [_request(render, events) for render in job.unresolved_renders]


def _request(render: Render, events: Sequence[Recorded]) -> UnresolvedRequest:
    sent = [
        (recorded.event, recorded.recorded_at)
        for recorded in events
        if isinstance(recorded.event, RenderRequested) and recorded.event.token == render.token
    ]
    return UnresolvedRequest(
        render=render,
        requested_at=tuple(event.requested_at or stored_at for event, stored_at in sent[-MOST_TIMES:]),
        estimated_cost=sent[-1][0].estimated_cost,
        facts=_facts(render),
    )


def _facts(render: Render) -> Mapping[str, str]:
    order = render.order
    known = {
        "model": ", ".join(filter(None, (order.renderer, order.model))),
        "seed": None if order.seed is None else str(order.seed),
        "seconds": None if order.seconds_sent is None else f"{order.seconds_sent:g}",
    }
    sent = {name: _text(value)[:LONGEST_FACT] for name, value in (order.input or {}).items() if name not in known}
    return {name: text for name, text in (known | sent).items() if text}


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case {"sha256": str(sha256)}:
            return f"SHA-256 {sha256}"
        case Mapping():
            return ", ".join(f"{name} {_text(part)}" for name, part in value.items())
        case list() | tuple():
            return "; ".join(_text(part) for part in value)
        case _:
            return str(value)
