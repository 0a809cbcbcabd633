"""One storm from nothing to a certificate, for the command and for the tests."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.fixtures.nats import NatsServer
from tests.system.paid_once.provider import Provider
from tests.system.paid_once.storm import Plan, Storm
from tests.system.paid_once.verdict import Certificate, judge
from tests.system.paid_once.worker import Naive, Reelwright
from tests.system.running import run_verb


async def certify_reelwright(plan: Plan, *, database_url: str = "") -> tuple[Certificate, list[str]]:
    """Put the service into the storm; return the certificate and every guarantee that did not hold.

    Without a database's URL the service has its own SQLite.
    """
    with (
        tempfile.TemporaryDirectory(prefix="reelwright-storm-") as folder,
        NatsServer(sync_always=True) as nats,
        Provider(Path(folder), seed=plan.seed, **plan.faults) as provider,
    ):
        worker = Reelwright(Path(folder), provider, nats_url=nats.url, REELWRIGHT_DATABASE_URL=database_url)
        certificate = judge(await Storm(plan, worker, provider, nats_url=nats.url).run())
        verified = run_verb(worker, "replay", "--verify")
        broken = list(certificate.broken)
        if verified.returncode != 0:
            broken.append(f"replay --verify: {verified.stdout}{verified.stderr}")
        if broken:
            broken.append(f"the worker's log ends:\n{worker.log_tail()}")
        return certificate, broken


async def certify_naive(plan: Plan) -> Certificate:
    """Put the naive worker into the same storm."""
    with (
        tempfile.TemporaryDirectory(prefix="reelwright-naive-") as folder,
        NatsServer(sync_always=True) as nats,
        Provider(Path(folder), seed=plan.seed, **plan.faults) as provider,
    ):
        worker = Naive(Path(folder), provider, nats_url=nats.url)
        return judge(await Storm(plan, worker, provider, nats_url=nats.url).run())
