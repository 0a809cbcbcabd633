"""Creates: the entry in the books, and the answer to the caller."""

from __future__ import annotations

import json
import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from adapters.fake_provider.books import Entry, new_render_id, now
from adapters.fake_provider.state import ProviderState, faulty, problem

NOTHING_CREATED = frozenset(
    {"error_before", "reset_before", "hang_before", "throttle", "unauthorized", "no_credit", "not_found", "invalid"}
)
LARGEST_BODY_BYTES = 64 << 20
SHORTEST_CANCEL_AFTER_SECONDS = 5
DEFAULT_VIDEO_SECONDS = 2.0

_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?")


class Invalid(ValueError):
    """The request is refused with 422."""


async def create(request: Request, state: ProviderState) -> Response:
    """Create a render by version, model or deployment, unless a fault prevents it."""
    fault = state.chooser.fault("create")
    if fault is not None and fault in NOTHING_CREATED:
        return faulty(state, fault)
    try:
        entry = await _entry(request, state, answer=fault or "ok")
    except Invalid as error:
        return problem(422, "Input validation failed", str(error))
    state.books.add(entry)
    answer = JSONResponse(state.shown(entry), status_code=201)
    return faulty(state, fault, answer)


def read_seconds(text: str) -> float:
    """Read a `Cancel-After`, as in `90`, `90s` or `1h30m`. Raises Invalid."""
    found = _DURATION.fullmatch(text)
    if not text or found is None:
        raise Invalid(f"Cancel-After: {text!r} is no duration")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    total = hours * 3600 + minutes * 60 + seconds
    if total < SHORTEST_CANCEL_AFTER_SECONDS:
        raise Invalid("Cancel-After: the minimum allowed duration is 5 seconds")
    return float(total)


async def _entry(request: Request, state: ProviderState, *, answer: str) -> Entry:
    body = await _body(request)
    sent = body.get("input")
    if not isinstance(sent, dict):
        raise Invalid("- input: input is required")
    owner, name = request.path_params.get("owner"), request.path_params.get("name")
    version = body.get("version")
    deployment = f"{owner}/{name}" if "deployments" in request.url.path else None
    if owner is None and not isinstance(version, str):
        raise Invalid("- version: version is required")
    model = f"{owner}/{name}" if owner and deployment is None else None
    cancel_after = request.headers.get("cancel-after")
    faults = state.faults
    return Entry(
        id=new_render_id(),
        created_at=now(),
        model=model,
        version=version if isinstance(version, str) else "hidden",
        deployment=deployment,
        input=sent,
        cancel_after_seconds=read_seconds(cancel_after) if cancel_after is not None else None,
        starting_seconds=faults.starting_seconds,
        render_seconds=faults.render_seconds,
        outcome=state.chooser.fault("render") or "ok",
        answer=answer,
        video_seconds=faults.video_seconds or _asked_seconds(sent),
        price_per_second=faults.price_per_second,
    )


async def _body(request: Request) -> dict[str, Any]:
    raw = await request.body()
    if len(raw) > LARGEST_BODY_BYTES:
        raise Invalid("the request is too large")
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise Invalid("the request is no JSON") from error
    if not isinstance(body, dict):
        raise Invalid("the request is no JSON object")
    return body


def _asked_seconds(sent: dict[str, Any]) -> float:
    """Return the length that the input asks for, by the field names that models use."""
    for name in ("duration", "duration_seconds", "seconds"):
        if isinstance(sent.get(name), int | float) and not isinstance(sent[name], bool) and sent[name] > 0:
            return float(sent[name])
    frames, rate = sent.get("num_frames"), sent.get("frames_per_second", 16)
    if isinstance(frames, int) and isinstance(rate, int) and frames > 0 < rate:
        return frames / rate
    return DEFAULT_VIDEO_SECONDS
