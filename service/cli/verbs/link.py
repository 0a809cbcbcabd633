"""`reelwright link`: a URL under which anybody can see a video for a limited time."""

from __future__ import annotations

import re
from datetime import timedelta

import click

from service.cli.history import load_history
from service.cli.output import emit, emit_json, json_option, say
from service.cli.problems import CliError
from service.cli.session import find_http, job_argument, read_settings, run
from service.wiring.clock import CLOCK

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_SPAN = re.compile(r"(\d{1,7})([smhd])")


class Duration(click.ParamType[timedelta]):
    """A time such as 90s, 15m, 24h or 7d."""

    name = "time"

    def convert(self, value: str, parameter: click.Parameter | None, context: click.Context | None) -> timedelta:
        """Return the time, or fail with what is wrong with it."""
        from service.http.api.links import LONGEST_LINK_SECONDS  # noqa: PLC0415 - the heavy part

        found = _SPAN.fullmatch(value)
        span = timedelta(**{UNITS[found[2]]: int(found[1])}) if found else timedelta()
        if not timedelta() < span <= timedelta(seconds=LONGEST_LINK_SECONDS):
            self.fail(f"{value!r} is not a time such as 90s, 15m, 24h or 7d, of at most 30d", parameter, context)
        return span


@click.command()
@job_argument
@click.option(
    "--for", "span", type=Duration(), default="24h", show_default=True, help="How long it is valid, up to 30d."
)
@json_option
def link(*, job_id: str, span: timedelta, as_json: bool) -> None:
    """Print a link to a job's video for people without a token."""
    from service.http.api.links import link_to  # noqa: PLC0415 - the heavy part

    settings = read_settings()
    job = run(load_history(settings, job_id)).job
    if job.completed is None or job.completed.sha256 is None:
        raise CliError(f"Job {job_id} has no video", why=f"it is {job.status}", next_step=f"reelwright show {job_id}")
    token = settings.api_token.get_secret_value() if settings.api_token else ""
    expires_at = CLOCK.now().replace(microsecond=0) + span
    made = link_to(job, origin=find_http(settings), token=token, expires_at=expires_at)
    if as_json:
        emit_json(made.view)
        return
    emit(made.video_url)
    if made.expires_at is None:
        say("No REELWRIGHT_API_TOKEN is set: the link never expires, and all who reach the service see the video.")
    else:
        say(f"Anybody sees it until {made.expires_at:%Y-%m-%d %H:%M:%S} UTC.")
