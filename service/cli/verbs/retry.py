"""`reelwright retry`: tries a failed job again."""

from __future__ import annotations

import click

from service.cli.job_commands import by_option, command
from service.cli.output import json_option
from service.cli.session import job_argument


@click.command()
@job_argument
@by_option
@json_option
def retry(*, job_id: str, by: str, as_json: bool) -> None:
    """Try a failed job again; a paid video that is still there is only downloaded again."""
    command(job_id, lambda operations: operations.retry(job_id, by=by), done="tried again", as_json=as_json)
