"""`reelwright retry`: tries a failed job again."""

from __future__ import annotations

import click

from service.cli.job_commands import command, this_user
from service.cli.output import json_option
from service.cli.session import job_argument


@click.command()
@job_argument
@click.option("--by", metavar="NAME", help="Who orders it; else this user.")
@json_option
def retry(*, job_id: str, by: str | None, as_json: bool) -> None:
    """Try a failed job again; a video that is paid and still there is only downloaded again."""
    who = by or this_user()
    command(job_id, lambda operations: operations.retry(job_id, by=who), done="tried again", as_json=as_json)
