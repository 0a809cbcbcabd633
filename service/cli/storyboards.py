"""Makes the body of an approval from a JSON file, or from images that are uploaded first."""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from domain.images import image_type
from service.cli.problems import CliError, ExitCode, unreadable_file
from service.cli.session import find_http
from service.intake.reading import LARGEST_APPROVAL_BYTES
from service.settings import Settings

UPLOAD_SECONDS = 30.0
LONGEST_DETAIL = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """The wishes for the video from the command line."""

    job_id: str | None = None
    seconds: float | None = None
    estimate: float | None = None
    width: int | None = None
    height: int | None = None
    fps: int | None = None

    @property
    def output(self) -> dict[str, int]:
        """Return the output wishes that were given."""
        wishes = {"width": self.width, "height": self.height, "fps": self.fps}
        return {name: value for name, value in wishes.items() if value is not None}


def read_file(name: str) -> bytes:
    """Read a file; `-` is stdin."""
    if name == "-":
        return sys.stdin.buffer.read(LARGEST_APPROVAL_BYTES + 1)
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise unreadable_file(name, error) from error


def read_approval_file(data: bytes, wishes: Wishes) -> dict[str, object]:
    """Read the JSON of an approval, or of its storyboard alone; the wishes of the command line replace its own."""
    try:
        body = json.loads(data)
    except ValueError as error:
        raise _unusable(f"it is neither an image (JPEG, PNG, WebP) nor JSON: {error}") from error
    if isinstance(body, list):
        body = {"storyboard": body}
    if not isinstance(body, dict):
        raise _unusable("the JSON is not an object")
    output = body.get("output")
    if wishes.output:
        body["output"] = {**(output if isinstance(output, dict) else {}), **wishes.output}
    if wishes.job_id is not None:
        body["job_id"] = wishes.job_id
    if wishes.estimate is not None:
        body["estimated_cost"] = wishes.estimate
    return body


def upload(settings: Settings, images: Sequence[tuple[str, bytes]]) -> list[str]:
    """Upload images, each with its name, and return their URLs for the scenes."""
    root = find_http(settings)
    return [_upload(settings, root, name, data) for name, data in images]


def _upload(settings: Settings, root: str, name: str, data: bytes) -> str:
    headers = {"Content-Type": image_type(data) or "application/octet-stream"}
    if settings.api_token is not None:
        headers["Authorization"] = f"Bearer {settings.api_token.get_secret_value()}"
    request = urllib.request.Request(f"{root}/api/images", data=data, headers=headers, method="POST")  # noqa: S310 - http(s) by construction
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=UPLOAD_SECONDS) as answer:
            url: str = json.load(answer)["image_url"]
            return url
    except urllib.error.HTTPError as error:
        with error:
            raise _refused(name, error) from error
    except OSError as error:
        raise CliError(
            f"{name} was not uploaded",
            why=f"{root} does not answer: {getattr(error, 'reason', error)}",
            next_step="reelwright doctor",
            exit_code=ExitCode.DEPENDENCY_DOWN,
        ) from error


def _refused(name: str, error: urllib.error.HTTPError) -> CliError:
    detail = error.read(LONGEST_DETAIL).decode(errors="replace")
    with suppress(ValueError, AttributeError):
        detail = str(json.loads(detail).get("detail") or detail)
    if error.code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        code, next_step = ExitCode.CONFIGURATION, "export REELWRIGHT_API_TOKEN=...   (the token of the service)"
    elif error.code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        code, next_step = ExitCode.DEPENDENCY_DOWN, "reelwright doctor"
    else:
        code, next_step = ExitCode.FAILED, "give a JPEG, PNG or WebP of at most 25 MB"
    return CliError(f"{name} was not uploaded", why=f"{error.code}: {detail}", next_step=next_step, exit_code=code)


def _unusable(why: str) -> CliError:
    return CliError(
        "The file is no storyboard", why=why, next_step="reelwright approve --help", exit_code=ExitCode.USAGE
    )
