"""`reelwright migrate`: makes or upgrades the database's tables before a start."""

from __future__ import annotations

import click

from service.cli.output import emit_result, json_option
from service.cli.problems import explained
from service.cli.session import read_settings, run


@click.command()
@json_option
def migrate(*, as_json: bool) -> None:
    """Make or upgrade the database's tables; may be repeated."""
    settings = read_settings()
    from service.wiring.stores import migrate  # noqa: PLC0415 - the heavy part

    with explained("The tables were not made"):
        name, version = run(migrate(settings))
    emit_result({"database": name, "schema": version}, f"{name} has schema {version}.", as_json=as_json)
