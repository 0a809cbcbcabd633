"""The bus for verbs that follow a restore: it is reached, and nobody else works on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from domain.errors import Refused, Unavailable
from service.cli.problems import CliError, ExitCode
from service.cli.session import running_service
from service.settings import Settings

if TYPE_CHECKING:
    from service.wiring.bus_link import BusLink


@asynccontextmanager
async def open_bus_alone(settings: Settings, *, again: str) -> AsyncIterator[BusLink]:
    """Connect to NATS. Raises CliError where it is away, or a service works; `again` is the command to repeat then."""
    from service.wiring.restoring import open_bus  # noqa: PLC0415 - the heavy part

    refuse_beside_service(settings, again=again)
    async with AsyncExitStack() as stack:
        try:
            link = await stack.enter_async_context(open_bus(settings))
            is_served = await link.is_served()
        except (Unavailable, Refused) as error:
            raise _no_bus(error, again=again) from error
        if is_served:
            raise _served(again=again)
        yield link


def refuse_beside_service(settings: Settings, *, again: str) -> None:
    """Raise CliError where a service runs on the data directory."""
    service = running_service(settings)
    if service is not None:
        raise CliError(
            "A service still runs here, and nothing was changed",
            why=f"process {service.pid} uses {settings.data_dir.absolute()}",
            next_step=f"stop it and every other `reelwright serve` (kill {service.pid}), then: {again}",
            exit_code=ExitCode.CONFLICT,
        )


async def refuse_beside_original(settings: Settings, *, again: str) -> None:
    """Raise CliError where a service runs on the data directory, or takes approvals from the NATS of the settings."""
    from service.wiring.restoring import is_served  # noqa: PLC0415 - the heavy part

    refuse_beside_service(settings, again=again)
    if await is_served(settings):
        raise _served(again=again)


def _served(*, again: str) -> CliError:
    return CliError(
        "A service is still at work, and nothing was changed",
        why="somebody takes approvals from this NATS: the consumer reelwright has requests that wait",
        next_step=f"stop every `reelwright serve`, on all machines, then: {again}",
        exit_code=ExitCode.CONFLICT,
    )


def _no_bus(error: Unavailable | Refused, *, again: str) -> CliError:
    return CliError(
        "NATS cannot be asked what was approved and announced since the copy, and nothing was changed",
        why=str(error),
        next_step=f"bring NATS back (reelwright doctor), then: {again}",
        exit_code=ExitCode.DEPENDENCY_DOWN,
    )
