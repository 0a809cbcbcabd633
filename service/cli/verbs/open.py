"""`reelwright open`: opens the page of the running service in the browser."""

from __future__ import annotations

import webbrowser

import click

from service.cli.output import emit
from service.cli.session import find_http, read_settings


@click.command(name="open")
@click.option("--print", "only_print", is_flag=True, help="Only print the address.")
@click.argument("job_id", metavar="[JOB]", required=False)
def open(*, only_print: bool, job_id: str | None) -> None:  # noqa: A001 - the verb's name
    """Open the page of the running service, or of one job."""
    url = f"{find_http(read_settings())}/{f'jobs/{job_id}' if job_id else ''}"
    emit(url)
    if not only_print:
        webbrowser.open(url)
