"""Whether the service lives, whether it can work, and its figures."""

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
from service.http.openapi import FIGURES, LIVE, READY, add_reading, errors, router_of
from service.http.problems import Problem
from service.http.schemas import Alive, Check, Ready
from service.jobs.metrics import CONTENT_TYPE, Metrics

log = structlog.get_logger()

CHECK_SECONDS: Final = 3.0


def routes(dependencies: Dependencies, metrics: Metrics) -> APIRouter:
    """Return the routes that watchers ask."""
    router, health = router_of("health"), Health(dependencies, metrics)
    for path, endpoint, summary, answer in (
        ("/healthz", health.live, "Whether the process answers", LIVE),
        ("/readyz", health.ready, "Whether every part works, and why not", {**READY, **errors(503)}),
        ("/metrics", health.figures, "Figures for Prometheus", FIGURES),
    ):
        add_reading(router, path, endpoint, summary=summary, responses=answer)
    return router


class Health:
    """Answers for the state of the service."""

    def __init__(self, dependencies: Dependencies, metrics: Metrics) -> None:
        self._dependencies = dependencies
        self._metrics = metrics

    async def live(self) -> Response:
        """Answer, which is all that it says."""
        return json_response(Alive())

    async def ready(self) -> Response:
        """Check every part, all at once."""
        checks = await check_all(self._dependencies.checks)
        failing = {name: check for name, check in checks.items() if not check.ok}
        if failing:
            detail = "; ".join(f"{name}: {check.reason}" for name, check in failing.items())
            raise Problem("not_ready", detail, facts={"ready": False, "checks": checks})
        return json_response(Ready(ready=True, checks=checks))

    async def figures(self) -> Response:
        """Return the figures; jobs by status are left out while the database is away."""
        try:
            self._metrics.show_jobs(await self._dependencies.jobs.counts())
        except Unavailable as error:
            log.warning("jobs_not_counted", reason=str(error))
            self._metrics.show_jobs(None)
        return Response(self._metrics.text(), headers={"Content-Type": CONTENT_TYPE})


async def check_all(checks: Mapping[str, HealthCheck]) -> dict[str, Check]:
    """Ask every part at once, each for a limited time."""
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
        # A check that breaks says as much about its part as one that fails.
        log.exception("check_broken", check=name)
        ok, reason = False, f"{type(error).__name__}: {error}"
    return Check(ok=ok, reason=reason)
