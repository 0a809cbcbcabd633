"""All errors of the API, as RFC 9457 documents: a stable `code`, what happened, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from service.jobs.views import to_json

MEDIA_TYPE: Final = "application/problem+json"
LISTED_AT: Final = "/problems"
LONGEST_DETAIL: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What all problems of one code have in common."""

    status: int
    title: str
    hint: str


_TABLE: Final = (
    ("bad_request", 400, "The request cannot be read", "Check the request against /openapi.json."),
    (
        "unauthorized",
        401,
        "A token is needed",
        "Send `Authorization: Bearer` with the value of REELWRIGHT_API_TOKEN, or use a signed link.",
    ),
    ("foreign_origin", 403, "The request comes from another site", "Use a page of this service, or send no `Origin`."),
    ("not_found", 404, "There is nothing at this address", "/openapi.json lists every route."),
    ("job_not_found", 404, "There is no such job", "GET /api/jobs lists all jobs."),
    ("moment_not_found", 404, "The job had no such state", "GET /api/jobs/{id}/events lists all of its versions."),
    (
        "render_not_found",
        404,
        "The provider does not know this render",
        "Copy the id from the render's page at the provider. Where there is none, send `retry` without `render_id`.",
    ),
    ("scene_not_found", 404, "The storyboard has no such scene", "Scenes count from 1."),
    ("image_not_found", 404, "There is no such image", "Upload it with POST /api/images."),
    ("video_not_found", 404, "There is no video to give", "Only a completed job has one: see GET /api/jobs/{id}."),
    ("method_not_allowed", 405, "The method is not possible here", "The header `Allow` names the possible ones."),
    ("body_timeout", 408, "The body did not arrive in time", "Send it again over a faster connection."),
    ("illegal_move", 409, "Not possible in the job's state", "`retry` needs a failed job, `cancel` an unfinished one."),
    ("needs_approval", 409, "A refused job cannot be tried again", "Send a new approval under the same job_id."),
    ("storyboard_conflict", 409, "The job_id is taken by another storyboard", "Use a new job_id for this one."),
    ("precondition_failed", 412, "The file is another one", "Leave `If-Match` out, or ask for the new ETag."),
    ("body_too_large", 413, "The body is too large", "Upload images with POST /api/images and name their address."),
    ("address_too_long", 414, "The address is too long", "Shorten the path or the query."),
    (
        "unsupported_media_type",
        415,
        "The body has another type than the route takes",
        "Send `Content-Type: application/json`; for POST /api/images image/jpeg, image/png or image/webp.",
    ),
    ("range_not_satisfiable", 416, "The range lies behind the end", "`Content-Range` has the size of the file."),
    (
        "unknown_host",
        421,
        "The service is not known by this name",
        "Use localhost, or what REELWRIGHT_HTTP_HOST says; any name: bind 0.0.0.0 and set REELWRIGHT_API_TOKEN.",
    ),
    ("invalid_parameter", 422, "A parameter is wrong", "`errors` names each; /openapi.json says what is right."),
    ("unreadable_approval", 422, "The approval cannot be read", "Send JSON with `job_id` and `storyboard`."),
    ("storyboard_refused", 422, "The storyboard cannot be rendered", "Correct what `detail` names; nothing is stored."),
    (
        "unreadable_order",
        422,
        "The command cannot be read",
        'Send {"by": …, "reason": …}, to `retry` also "render_id" and "scene", or no body at all.',
    ),
    (
        "unreadable_link",
        422,
        "The body cannot be read",
        'Send {"expires_in_seconds": …}, at most 2592000 (30 days), or no body at all.',
    ),
    ("image_refused", 422, "The image is refused", "Send a whole JPEG, PNG or WebP image of at most 25 MB."),
    ("idempotency_mismatch", 422, "The Idempotency-Key was used for another body", "Use a new key for a new request."),
    ("internal_error", 500, "Something is broken in the service", "The log of the service says what."),
    ("unavailable", 503, "A part of the service is unavailable", "Try again; /readyz says which part and why."),
    (
        "provider_unavailable",
        503,
        "The provider cannot be asked now",
        "Nothing was changed. `detail` says what is missing; send it again then.",
    ),
    ("too_many_streams", 503, "Too many live streams are open", "Close other tabs, or try again later."),
    ("not_ready", 503, "Not ready", "`checks` says what is missing."),
)
KINDS: Final[Mapping[str, Kind]] = {
    code: Kind(status=status, title=title, hint=hint) for code, status, title, hint in _TABLE
}

FALLBACKS: Final[Mapping[int, str]] = {404: "not_found", 405: "method_not_allowed", 413: "body_too_large"}
"""Codes for errors that the framework raises."""


class Problem(Exception):
    """An answer that is an error. `facts` become members of the document besides the standard ones."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        facts: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.headers = headers or {}
        self.facts = facts or {}

    @property
    def status(self) -> int:
        """The HTTP status."""
        return KINDS[self.code].status

    def document(self) -> dict[str, object]:
        """Return the body."""
        kind = KINDS[self.code]
        return {
            "type": f"{LISTED_AT}#{self.code}",
            "title": kind.title,
            "status": kind.status,
            "detail": self.detail[:LONGEST_DETAIL],
            "code": self.code,
            "hint": kind.hint,
            **self.facts,
        }

    def response(self) -> Response:
        """Return the answer."""
        headers = {"Cache-Control": "no-store", **self.headers}
        return Response(to_json(self.document()), status_code=self.status, headers=headers, media_type=MEDIA_TYPE)
