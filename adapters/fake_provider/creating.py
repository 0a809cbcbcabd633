"""Creates: the entry in the books, and the answer to the caller."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from adapters.fake_provider.books import Entry, new_render_id, now
from adapters.fake_provider.catalogue import InputFault
from adapters.fake_provider.state import ProviderState, faulty, problem
from adapters.fake_provider.watching import until_ended

NOTHING_CREATED = frozenset(
    {"error_before", "reset_before", "hang_before", "throttle", "unauthorized", "no_credit", "not_found", "invalid"}
)
LARGEST_BODY_BYTES = 64 << 20
SHORTEST_CANCEL_AFTER_SECONDS = 5
DEFAULT_VIDEO_SECONDS = 2.0

LONGEST_WAIT_SECONDS = 60

_BEFORE = timedelta(microseconds=1)
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?")
_WAIT = re.compile(r"\bwait(?:\s*=\s*(\d+))?")
_NAMED = re.compile(r"(?P<model>[^/:]+/[^/:]+)(?::(?P<version>.+))?")


class Invalid(ValueError):
    """The request is refused with 422."""

    title = "Input validation failed"

    def __init__(self, detail: str, *faults: InputFault) -> None:
        super().__init__(detail)
        self.faults = faults


class UnknownVersion(Invalid):
    """No model has the version that was asked for."""

    title = "Invalid version or not permitted"

    def __init__(self) -> None:
        super().__init__("The specified version does not exist (or perhaps you don't have permission to use it?)")


class UnknownModel(ValueError):
    """The address names a model or deployment that does not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a create is to run; `version` is as a prediction shows it."""

    model: str
    version: str = "hidden"
    deployment: str | None = None


async def create(request: Request, state: ProviderState) -> Response:
    """Create a render by version, model or deployment, unless a fault prevents it."""
    fault = state.chooser.fault("create")
    if fault is not None and fault in NOTHING_CREATED:
        return faulty(state, fault)
    try:
        entry = await _entry(request, state, answer=fault or "ok")
    except UnknownModel:
        return faulty(state, "not_found")
    except Invalid as error:
        fields = [{"type": one.rule, "field": one.field, "description": one.description} for one in error.faults]
        return problem(422, error.title, str(error), **({"invalid_fields": fields} if fields else {}))
    if (earlier := _earlier(entry, state)) is not None:
        return faulty(state, fault, JSONResponse(state.shown(earlier), status_code=201))
    state.books.add(entry)
    seconds = read_wait(request.headers.get("prefer", "")) if fault is None else None
    if seconds is None:
        return faulty(state, fault, JSONResponse(state.shown(entry), status_code=201))
    return await _waited(entry, state, seconds)


def read_wait(prefer: str) -> int | None:
    """Return how many seconds a `Prefer` header lets the answer wait for the end, None for not at all."""
    found = _WAIT.search(prefer)
    return None if found is None else min(max(int(found[1] or LONGEST_WAIT_SECONDS), 1), LONGEST_WAIT_SECONDS)


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


async def _waited(entry: Entry, state: ProviderState, seconds: int) -> Response:
    """Answer at the end of a render, or as if it had only been created when the time is over."""
    if await until_ended(entry, state, limit_seconds=seconds):
        shown = state.shown(state.books.get(entry.id) or entry)
    else:
        shown = state.shown(entry, at=entry.created_at - _BEFORE)
    return JSONResponse(shown, status_code=201, headers={"Preference-Applied": f"wait={seconds}"})


def _earlier(entry: Entry, state: ProviderState) -> Entry | None:
    """Return the render whose id a gateway answers once more, None where it asks for a new one."""
    if not state.faults.same_id_for_equal_input:
        return None
    return next((one for one in state.books if (one.model, one.input) == (entry.model, entry.input)), None)


async def _entry(request: Request, state: ProviderState, *, answer: str) -> Entry:
    body = await _body(request)
    asked = _asked(request, body, state)
    sent = body.get("input")
    if not isinstance(sent, dict):
        raise Invalid("- input: input is required")
    if faults := state.catalogue.input_faults(asked.model, sent):
        raise Invalid("".join(f"- {one.field}: {one.description}\n" for one in faults), *faults)
    cancel_after = request.headers.get("cancel-after")
    faults_now = state.faults
    return Entry(
        id=new_render_id(),
        created_at=now(),
        model=asked.model,
        version=asked.version,
        deployment=asked.deployment,
        input=sent,
        cancel_after_seconds=read_seconds(cancel_after) if cancel_after is not None else None,
        starting_seconds=faults_now.starting_seconds,
        render_seconds=faults_now.render_seconds,
        outcome=state.chooser.fault("render") or "ok",
        answer=answer,
        video_seconds=faults_now.video_seconds or _asked_seconds(sent),
        price_per_second=faults_now.price_per_second,
    )


def _asked(request: Request, body: Mapping[str, Any], state: ProviderState) -> Asked:
    """Read what is to run from the address, else from the version in the body. Raises UnknownModel, Invalid."""
    owner, name = request.path_params.get("owner"), request.path_params.get("name")
    if owner is None:
        return _asked_version(body.get("version"), state)
    model = f"{owner}/{name}"
    if state.catalogue.input_schema(model) is None:
        raise UnknownModel(model)
    if request.url.path.startswith("/v1/deployments/"):
        return Asked(model=model, version=f"dp-{state.catalogue.version_of(model)[:32]}", deployment=model)
    return Asked(model=model)


def _asked_version(version: object, state: ProviderState) -> Asked:
    """Read `owner/name`, `owner/name:version` or a bare version. Raises Invalid, UnknownVersion."""
    if not isinstance(version, str):
        raise Invalid("- version: version is required")
    named = _NAMED.fullmatch(version)
    if named is None:
        model = state.model_of(version)
        if model is None:
            raise UnknownVersion
        return Asked(model=model, version=version)
    model, named_version = named["model"], named["version"]
    if named_version is None and state.catalogue.input_schema(model) is not None:
        return Asked(model=model)
    if named_version is None or not state.catalogue.has_version(model, named_version):
        raise UnknownVersion
    return Asked(model=model, version=named_version)


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
