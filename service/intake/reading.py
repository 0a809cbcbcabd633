"""What every message needs: a JSON object that names a job."""

from __future__ import annotations

from typing import Any

import pydantic_core

from domain.job_id import JOB_ID

LARGEST_APPROVAL_BYTES = 512 * 1024
KEPT_BYTES = 64 * 1024
"""How much of a refused or rejected message is kept."""


class UnreadableError(ValueError):
    """The message names no job, so that no job can store it; `errors` has all that is wrong."""

    def __init__(self, reason: str, *errors: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.errors = errors or (reason,)


def read_object(payload: bytes) -> dict[str, Any]:
    """Return the members of a JSON object. Raises UnreadableError for anything else."""
    try:
        body = pydantic_core.from_json(payload, allow_inf_nan=False)
    except ValueError as error:
        raise UnreadableError("Not JSON", str(error)) from error
    if not isinstance(body, dict):
        raise UnreadableError("Not a JSON object")
    return body


def read_job_id(raw: object) -> str:
    """Return the job's id as a string. Raises UnreadableError for anything else."""
    if isinstance(raw, bool) or not isinstance(raw, int | str) or not JOB_ID.fullmatch(str(raw)):
        raise UnreadableError(
            "No usable job_id", f"job_id must be an integer or match {JOB_ID.pattern}, it is {str(raw)[:100]!r}"
        )
    return str(raw)
