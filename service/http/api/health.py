"""Liveness, readiness and metrics."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

import structlog
from fastapi import APIRouter
from starlette.responses import Response

from domain.errors import Unavailable
from service.http.answers import json_response
from service.http.dependencies import Dependencies, HealthCheck
from service.http.openapi import FIGURES, LIVE, READY, add_get, errors, router_of
from service.http.problems import Problem
from service.http.schemas import Alive, Check, Ready
from service.jobs.metrics import CONTENT_TYPE, Metrics

log = structlog.get_logger()

CHECK_SECONDS: Final = 3.0


def routes(dependencies: Dependencies, metrics: Metrics) -> APIRouter:
    """Return the routes for monitoring."""
    router = router_of("health")

    async def live() -> Response:
        """Answer, and check nothing."""
        return json_response(Alive())

    async def ready() -> Response:
        """Check every part, all at once."""
        checks = await check_all(dependencies.checks)
        failing = {name: check for name, check in checks.items() if not check.ok}
        if failing:
            detail = "; ".join(f"{name}: {check.reason}" for name, check in failing.items())
            raise Problem("not_ready", detail, facts={"ready": False, "checks": checks})
        return json_response(Ready(ready=True, checks=checks))

    async def figures() -> Response:
        """Return the metrics, without jobs by status while the database is unavailable."""
        try:
            metrics.show_jobs(await dependencies.jobs.counts())
        except Unavailable as error:
            log.warning("jobs_not_counted", reason=str(error))
            metrics.show_jobs(None)
        return Response(metrics.text(), headers={"Content-Type": CONTENT_TYPE})

    for path, endpoint, summary, answer in (
        ("/healthz", live, "Whether the process answers", LIVE),
        ("/readyz", ready, "Whether every part works, and why not", {**READY, **errors(503)}),
        ("/metrics", figures, "Figures for Prometheus", FIGURES),
    ):
        add_get(router, path, endpoint, summary=summary, responses=answer)
    return router


async def check_all(checks: Mapping[str, HealthCheck]) -> dict[str, Check]:
    """Run all checks at once, each for at most CHECK_SECONDS."""
    async with asyncio.TaskGroup() as group:
        tasks = {name: group.create_task(_check(name, check)) for name, check in checks.items()}
    return {name: task.result() for name, task in tasks.items()}


async def _check(name: str, check: HealthCheck) -> Check:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            ok, reason = await check()
    except TimeoutError:
        ok, reason = False, f"no answer within {CHECK_SECONDS:g} s"
    except Exception as error:
        # A check that raises an error counts as one that fails.
        log.exception("check_broken", check=name)
        ok, reason = False, f"{type(error).__name__}: {error}"
    return Check(ok=ok, reason=reason)
