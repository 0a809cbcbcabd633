"""Yesterday's copy put back after a day of paid renders: what was forgotten is named, and nothing is paid twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx

from tests.system.paid_once.paying import Paying
from tests.system.paid_once.provider import approval_of
from tests.system.running import run_verb
from tests.system.test_restore import all_taken, put_back, types


async def approve_over_http(pair: Paying, job_id: str) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"{pair.service.url}/api/jobs", json=approval_of(job_id))
    assert answer.status_code == 202, answer.text


def copied(pair: Paying, target: Path) -> None:
    made = run_verb(pair.service, "backup", str(target))
    assert made.returncode == 0, made.stderr


def restored(pair: Paying, *arguments: str) -> dict[str, Any]:
    called = run_verb(pair.service, "restored", "--json", *arguments)
    assert called.returncode == 0, called.stderr
    return dict(json.loads(called.stdout))


def outcomes(report: dict[str, Any]) -> dict[str, str]:
    return {job["job_id"]: job["outcome"] for job in report["announced_after"]}


async def test_a_restore_names_what_it_has_forgotten_and_pays_for_nothing_again(
    own_paid: Paying, tmp_path: Path
) -> None:
    """In the copy one job waits for the provider; it was rendered then, and two were approved: over NATS, over HTTP."""
    pair, copy = own_paid, tmp_path / "copy.db"
    pair.provider.change(rates={"create": {"throttle": 1.0}})
    await pair.approve("waiting")
    await pair.until_event("waiting", "RenderDeferred")
    copied(pair, copy)
    pair.provider.change(rates={})
    await pair.service.job_in("waiting", "completed")
    await pair.approve("by-nats")
    await approve_over_http(pair, "by-http")
    await pair.service.job_in("by-nats", "completed")
    await pair.service.job_in("by-http", "completed")
    assert pair.service.stop() == 0
    put_back(pair.service, copy)

    report = restored(pair)
    assert outcomes(report) == {"waiting": "stopped", "by-nats": "unknown", "by-http": "unknown"}
    assert report["announcements_complete"] is True
    assert (report["stopped"], report["unfinished"], report["approvals"]) == (1, 0, 2)
    for job in report["announced_after"]:
        (create,) = pair.provider.creates_of(job["job_id"])
        assert (job["status"], job["event"], job["render_id"]) == ("completed", "VideoCompleted", create["id"])
        assert job["cost"] > 0
    owners = {render["render_id"]: render["job_id"] for render in report["unowned_renders"]}
    assert owners == {job["render_id"]: job["job_id"] for job in report["announced_after"]}

    await pair.service.start()
    await all_taken(pair.service)
    assert await types(pair.service, "by-nats") == ["StoryboardRefused"]
    assert await pair.service.job("by-http") is None
    stopped = await pair.service.job_in("waiting", "failed")
    assert "VideoCompleted was announced" in stopped["error_message"]
    assert "pays again" in stopped["error_message"]

    await pair.approve("canary")  # whatever else would render has been claimed before it is done
    await pair.service.job_in("canary", "completed")
    creates = {job_id: len(pair.provider.creates_of(job_id)) for job_id in (*owners.values(), "canary")}
    assert set(creates.values()) == {1}, creates
    assert run_verb(pair.service, "replay", "--verify").returncode == 0

    assert (await pair.order("retry", "waiting")).status_code == 202
    await pair.service.job_in("waiting", "completed")
    assert len(pair.provider.creates_of("waiting")) == 2


async def test_a_render_that_the_copy_knows_is_followed_to_its_end(own_paid: Paying, tmp_path: Path) -> None:
    pair, copy = own_paid, tmp_path / "copy.db"
    pair.provider.change(render_seconds=2.0)
    await pair.approve("open")
    accepted = await pair.until_event("open", "RenderAccepted")
    assert pair.service.stop() == 0
    copied(pair, copy)
    await pair.service.start()
    await pair.service.job_in("open", "completed")
    assert pair.service.stop() == 0
    put_back(pair.service, copy)

    report = restored(pair)
    assert outcomes(report) == {"open": "goes_on"}
    assert (report["stopped"], report["unfinished"], report["unowned_renders"]) == (0, 1, [])
    await pair.service.start()
    await pair.service.job_in("open", "completed")
    assert [create["id"] for create in pair.provider.creates_of("open")] == [accepted["render_id"]]
