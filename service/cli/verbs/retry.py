"""`reelwright retry`: tries a failed job again, or says what became of a render that only a person can find."""

from __future__ import annotations

import click

from service.cli.job_commands import by_option, command
from service.cli.output import json_option
from service.cli.session import job_argument
from service.jobs.render_lookup import read_render_id


class RenderId(click.ParamType[str]):
    """The provider's name of a render."""

    name = "render"

    def convert(self, value: str, parameter: click.Parameter | None, context: click.Context | None) -> str:
        """Return the id, or fail with what is wrong with it."""
        try:
            return read_render_id(value)
        except ValueError as error:
            self.fail(str(error), parameter, context)


@click.command()
@job_argument
@click.option("--render-id", metavar="ID", type=RenderId(), help="The render that was found on the provider's page.")
@click.option("--scene", metavar="N", type=click.IntRange(1), help="The scene whose render is meant.")
@by_option
@json_option
def retry(*, job_id: str, render_id: str | None, scene: int | None, by: str, as_json: bool) -> None:
    """Try a failed job again; a paid video that is still there is only downloaded again.

    Of a job that needs you (`reelwright jobs --waiting needs_operator`) it says what became of the render: with
    --render-id it is that one, and the job continues with it; without, there is none, and it is rendered again.
    """
    done = "tried again" if render_id is None else "given that render"
    command(
        job_id,
        lambda operations: operations.retry(job_id, by=by, render_id=render_id, scene=scene),
        done=done,
        as_json=as_json,
    )
