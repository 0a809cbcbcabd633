"""`reelwright cancel`: ends a job that is under way."""

from __future__ import annotations

import click

from service.cli.job_commands import command, this_user
from service.cli.output import json_option
from service.cli.session import job_argument


@click.command()
@job_argument
@click.option("--reason", metavar="TEXT", help="Why; it is kept with the job.")
@click.option("--by", metavar="NAME", help="Who cancels it; else this user.")
@json_option
def cancel(*, job_id: str, reason: str | None, by: str | None, as_json: bool) -> None:
    """Cancel a job that has not ended."""
    who = by or this_user()
    command(
        job_id, lambda operations: operations.cancel(job_id, by=who, reason=reason), done="cancelled", as_json=as_json
    )
