"""`reelwright cancel`: ends a job that has not ended."""

from __future__ import annotations

import click

from service.cli.job_commands import by_option, command
from service.cli.output import json_option
from service.cli.session import job_argument


@click.command()
@job_argument
@click.option("--reason", metavar="TEXT", help="Why; it is stored with the job.")
@by_option
@json_option
def cancel(*, job_id: str, reason: str | None, by: str, as_json: bool) -> None:
    """Cancel a job that has not ended."""
    command(
        job_id, lambda operations: operations.cancel(job_id, by=by, reason=reason), done="cancelled", as_json=as_json
    )
