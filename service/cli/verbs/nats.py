"""`reelwright nats`: the URL of the NATS server, for other clients."""

from __future__ import annotations

import click

from service.cli.output import emit
from service.cli.session import find_nats, read_settings


@click.command()
def nats() -> None:
    """Print the URL of the NATS server that the service uses, with its password, on one line.

    Several servers are separated by commas. Everybody who has it can approve, cancel and purge.
    """
    emit(",".join(find_nats(read_settings())))
