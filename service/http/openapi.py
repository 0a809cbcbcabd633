"""What /openapi.json says about the routes: bodies, answers, errors, and examples."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import msgspec
from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema
from starlette.responses import Response

from domain.images import IMAGE_TYPES, JPEG
from service.http import examples
from service.http.problems import KINDS, MEDIA_TYPE, Problem
from service.http.schemas import SCHEMAS, PlainSchema, answer_schemas
from service.intake.approval import ApprovalBody

Responses = dict[int | str, dict[str, Any]]
Endpoint = Callable[..., Awaitable[Response]]
JSON: Final = "application/json"
PROBLEM_STATUSES: Final = frozenset(kind.status for kind in KINDS.values())


def router_of(tag: str) -> APIRouter:
    """Return an empty router whose answers are described only here."""
    return APIRouter(tags=[tag], default_response_class=Response)


def add_get(
    router: APIRouter, path: str, endpoint: Endpoint, *, summary: str, responses: Responses, head_shown: bool = False
) -> None:
    """Add a route for GET and HEAD."""
    for method in ("GET", "HEAD"):
        router.add_api_route(
            path,
            endpoint,
            methods=[method],
            summary=summary,
            operation_id=f"{method.lower()}_{endpoint.__name__}",
            responses=responses,
            include_in_schema=head_shown or method == "GET",
        )


def errors(*statuses: int) -> Responses:
    """Return the statuses of a route's problems. Every route can answer with 400, 414, 421 and 500."""
    return {status: {"description": ""} for status in sorted({*statuses, 400, 414, 421, 500})}


def _problems(status: int) -> dict[str, Any]:
    titles = {code: kind.title for code, kind in KINDS.items() if kind.status == status}
    shown = {
        code: {"summary": title, "value": Problem(code, examples.DETAILS.get(code, title)).document()}
        for code, title in titles.items()
    }
    content = {"schema": _ref("Problem"), "examples": shown}
    return {"description": " · ".join(titles.values()), "content": {MEDIA_TYPE: content}}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def optional_body(kind: type[msgspec.Struct], *, example: Mapping[str, object]) -> dict[str, Any]:
    """Describe a body that may be left out, by the class that it is read into."""
    _, schemas = msgspec.json.schema_components([kind])
    content = {JSON: {"schema": schemas[kind.__name__], "example": dict(example)}}
    return {"requestBody": {"required": False, "content": content}}


def _answer(
    status: int, description: str, schema: Mapping[str, Any], *, example: object = None, media_type: str = JSON
) -> Responses:
    content: dict[str, Any] = {"schema": dict(schema)}
    if example is not None:
        content["example"] = msgspec.to_builtins(example)
    return {status: {"description": description, "content": {media_type: content}}}


def _binary(*media_types: str) -> dict[str, Any]:
    return {media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in media_types}


def _file(description: str, *media_types: str) -> Responses:
    content = _binary(*media_types)
    return {
        200: {"description": description, "content": content},
        206: {"description": "The part that was asked for with `Range`", "content": content},
        304: {"description": "Not modified since the ETag in `If-None-Match`"},
    }


JOB: Final = _answer(200, "The job", _ref("Job"), example=examples.JOB)
ACCEPTED: Final = _answer(202, "Taken; the job as it is now", _ref("Job"), example=examples.JOB)
JOBS: Final = _answer(200, "A page of jobs", _ref("JobPage"), example=examples.PAGE)
EVENTS: Final = _answer(200, "The events", {"type": "array", "items": _ref("Event")}, example=[examples.EVENT])
LINKED: Final = _answer(201, "The link", _ref("Link"), example=examples.LINK)
UPLOADED: Final = _answer(201, "Stored", _ref("Uploaded"), example=examples.UPLOADED)
LIVE: Final = _answer(200, "It answers", _ref("Live"), example={"status": "ok"})
READY: Final = _answer(200, "Every part works", _ref("Ready"), example=examples.READY)
FIGURES: Final = _answer(200, "Figures", {"type": "string"}, media_type="text/plain")
STREAM: Final = _answer(
    200,
    "Server-sent events. `id` is the global position, `event` the type of the stored event, `data` what "
    "`video.progress` says of it with `position`, `event_id` and the `job` as it is then. `snapshot` comes instead "
    "of what a slow reader has missed: `position`, `counts` by status and `jobs`.",
    {"type": "string"},
    example=examples.STREAM,
    media_type="text/event-stream",
)
VIDEO: Final = _file("The video", "video/mp4")
THUMBNAIL: Final = _file("A JPEG", JPEG)
IMAGE: Final = _file("The image", *IMAGE_TYPES)
SCENE_IMAGE: Final = _file("The image, or a drawing in its place", *IMAGE_TYPES, "image/svg+xml")

_APPROVAL_CONTENT: Final = {JSON: {"schema": _ref(ApprovalBody.__name__), "example": examples.APPROVAL}}
APPROVAL: Final = {"requestBody": {"required": True, "content": _APPROVAL_CONTENT}}
IMAGE_BODY: Final = {"requestBody": {"required": True, "content": _binary(*IMAGE_TYPES)}}


def describe(app: FastAPI, *, with_token: bool) -> None:
    """Make /openapi.json from the routes and the classes of the bodies, once, at its first request."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _openapi(app, with_token=with_token)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI documents this way of replacing it


def _openapi(app: FastAPI, *, with_token: bool) -> dict[str, Any]:
    document = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
    _, sent = models_json_schema([(ApprovalBody, "validation")], ref_template=SCHEMAS, schema_generator=PlainSchema)
    components = document.setdefault("components", {})
    components["schemas"] = {**answer_schemas(), **sent["$defs"]}
    components["responses"] = {f"Problem{status}": _problems(status) for status in PROBLEM_STATUSES}
    if with_token:
        components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    for path, operations in document["paths"].items():
        for operation in operations.values():
            _refer_to_problems(operation["responses"])
            if with_token and path.startswith("/api/"):
                operation["security"] = [{"bearer": []}]
    return document


def _refer_to_problems(responses: dict[str, Any]) -> None:
    for status in PROBLEM_STATUSES & {int(status) for status in responses}:
        responses[str(status)] = {"$ref": f"#/components/responses/Problem{status}"}
