"""`reelwright asyncapi`: the messages on NATS as an AsyncAPI document."""

from __future__ import annotations

import click

from service.cli.output import emit


@click.command()
def asyncapi() -> None:
    """Print the AsyncAPI 3 document of every subject and body."""
    import msgspec  # noqa: PLC0415 - only this verb needs it

    from service.http.asyncapi import document  # noqa: PLC0415

    emit(msgspec.json.format(msgspec.json.encode(document())).decode())
