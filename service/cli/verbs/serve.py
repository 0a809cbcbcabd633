"""`reelwright serve`: runs the service until a signal."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence

import click

import service.cli.memory  # noqa: F401 - has its effect when it is imported
from service.cli.output import say
from service.cli.problems import explained
from service.logs import configure_logs
from service.process.address import read_address
from service.settings import Settings, load_settings

ROLES = ("worker", "api", "relay")
POLL_SECONDS = 0.1
PARENT_POLL_SECONDS = 0.5


@click.command()
@click.option("--role", "roles", type=click.Choice(ROLES), multiple=True, help="Only this part; may be repeated.")
@click.option("--parent", type=int, hidden=True, help="Stop when this process is no longer the parent.")
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
    from service.process import app  # noqa: PLC0415 - the heavy part, after the settings are checked

    async with asyncio.TaskGroup() as group:
        side_tasks = [group.create_task(_say_address(settings))]
        if parent is not None:
            side_tasks.append(group.create_task(_stop_after(parent)))
        try:
            await app.serve(settings, roles=roles or app.ALL_ROLES)
        finally:
            for task in side_tasks:
                task.cancel()


async def _say_address(settings: Settings) -> None:
    """Print the URLs as soon as the service has written its address."""
    while True:
        address = read_address(settings)
        if address is not None and address.pid == os.getpid():
            break
        await asyncio.sleep(POLL_SECONDS)
    if address.http_url:
        hint = "" if settings.nats_servers else " (`reelwright nats` prints this URL with its password)"
        say(f"Reelwright is at {address.http_url}/ and takes approvals at {address.nats_url}{hint}. Ctrl-C ends it.")


async def _stop_after(parent: int) -> None:
    """Stop in order when the parent process is gone, also after a kill: nothing else would stop this one."""
    while os.getppid() == parent:
        await asyncio.sleep(PARENT_POLL_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    import uvloop  # noqa: PLC0415 - not available on every system

    return uvloop.new_event_loop
