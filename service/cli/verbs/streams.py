"""`reelwright streams apply`: corrects the streams and the consumer on NATS."""

from __future__ import annotations

import click

from service.cli.output import emit, emit_json, emit_table, json_option, say
from service.cli.problems import explained
from service.cli.session import find_nats, read_settings, run
from service.settings import Settings

CONNECT_SECONDS = 5.0
NAMES = ("what", "field", "is", "should_be")


@click.group()
def streams() -> None:
    """Show and change the NATS streams and the consumer."""


@streams.command()
@click.option("--dry-run", is_flag=True, help="Only show what differs.")
@json_option
def apply(*, dry_run: bool, as_json: bool) -> None:
    """Show how the streams and the consumer differ from what Reelwright needs, and change them."""
    settings = read_settings()
    with explained("The streams were not changed"):
        rows = run(_apply(settings, dry_run=dry_run))
    if as_json:
        differences = [dict(zip(NAMES, row, strict=True)) for row in rows]
        emit_json({"changed": not dry_run and bool(rows), "differences": differences})
        return
    if not rows:
        emit("Streams and consumer are as they should be.")
        return
    emit_table(("what", "field", "is", "should be"), rows)
    say("Nothing was changed: that was a dry run." if dry_run else "Changed.")


async def _apply(settings: Settings, *, dry_run: bool) -> list[tuple[object, ...]]:
    servers = find_nats(settings)
    from service.wiring.bus_link import connect_bus  # noqa: PLC0415 - the heavy part

    link = await connect_bus(servers, replicas=settings.nats_replicas, wait_seconds=CONNECT_SECONDS)
    try:
        found = await (link.differences() if dry_run else link.apply())
    finally:
        await link.close()
    return [(one.thing, one.field, one.have, one.want) for one in found]
