"""`reelwright serve`: the service itself, until it is told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence

import click

import service.cli.memory  # noqa: F401 - acts when it is imported
from service.cli.output import say
from service.cli.problems import explained
from service.logs import configure_logs
from service.process.address import read_address
from service.settings import Settings, load_settings

ROLES = ("worker", "api", "relay")
LOOK_SECONDS = 0.1
PARENT_LOOK_SECONDS = 0.5


@click.command()
@click.option("--role", "roles", type=click.Choice(ROLES), multiple=True, help="Only this part; may be repeated.")
@click.option("--parent", type=int, hidden=True, help="Leave when this process is no longer our parent.")
def serve(*, roles: Sequence[str], parent: int | None) -> None:
    """Run the service until SIGTERM or Ctrl-C.

    Without REELWRIGHT_NATS_URL and REELWRIGHT_DATABASE_URL everything is embedded, below the data directory.
    """
    with explained("The service did not start"):
        settings = load_settings(os.environ)
    configure_logs(form=settings.log_format, level=settings.log_level)
    with explained("The service did not run"), asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(settings, roles=frozenset(roles), parent=parent))


async def _serve(settings: Settings, *, roles: frozenset[str], parent: int | None) -> None:
    from service.process import app  # noqa: PLC0415 - the heavy part comes after the settings were found right

    async with asyncio.TaskGroup() as group:
        beside = [group.create_task(_say_address(settings))]
        if parent is not None:
            beside.append(group.create_task(_leave_with(parent)))
        try:
            await app.serve(settings, roles=roles or app.ALL_ROLES)
        finally:
            for task in beside:
                task.cancel()


async def _say_address(settings: Settings) -> None:
    """Tell where the page is as soon as the service has written it down."""
    while True:
        address = read_address(settings)
        if address is not None and address.pid == os.getpid():
            break
        await asyncio.sleep(LOOK_SECONDS)
    if address.http_url:
        how = "" if settings.nats_servers else " (`reelwright nats` prints that with its password)"
        say(f"Reelwright is at {address.http_url}/ and takes approvals at {address.nats_url}{how}. Ctrl-C ends it.")


async def _leave_with(parent: int) -> None:
    """End as if asked to when whoever started us is gone, however it went: nobody else would stop us."""
    while os.getppid() == parent:
        await asyncio.sleep(PARENT_LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    import uvloop  # noqa: PLC0415 - not made for every system

    return uvloop.new_event_loop
