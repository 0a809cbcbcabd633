"""What watchers ask: liveness, readiness, figures; and what the interface says of itself."""

from __future__ import annotations

import asyncio
import re
from decimal import Decimal

import msgspec
from prometheus_client.parser import text_string_to_metric_families

from domain.errors import Unavailable
from service.http import examples
from service.http.api import health
from service.http.problems import KINDS
from service.jobs.metrics import Metrics
from tests.service.http.harness import problem


async def works():
    return True, "answers"


async def fails():
    return False, "no connection"


async def breaks():
    raise RuntimeError("wires crossed")


async def hangs():
    await asyncio.Event().wait()


async def test_the_process_answers(harness):
    assert (await harness.client.get("/healthz")).json() == {"status": "ok"}
    assert (await harness.client.head("/healthz")).status_code == 200


async def test_it_is_ready_when_every_part_works(harness):
    harness.checks["database"] = works
    answer = await harness.client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "checks": {"database": {"ok": True, "reason": "answers"}}}


async def test_every_part_that_fails_says_why(harness, monkeypatch):
    monkeypatch.setattr(health, "CHECK_SECONDS", 0.05)
    harness.checks.update(database=works, nats=fails, disk=breaks, consumer=hangs)
    document = problem(await harness.client.get("/readyz"), 503, "not_ready")
    assert document["ready"] is False
    assert document["checks"] == {
        "database": {"ok": True, "reason": "answers"},
        "nats": {"ok": False, "reason": "no connection"},
        "disk": {"ok": False, "reason": "RuntimeError: wires crossed"},
        "consumer": {"ok": False, "reason": "no answer within 0.05 s"},
    }
    assert "nats: no connection" in document["detail"]


async def figures(harness):
    text = (await harness.client.get("/metrics")).text
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_the_figures_count_jobs_events_and_requests(harness):
    await harness.approve("a")
    await harness.failed("b")
    await harness.client.get("/api/nothing/at/all")
    counted = await figures(harness)
    assert counted["reelwright_jobs", "approved"] == 1
    assert counted["reelwright_jobs", "failed"] == 1
    assert counted["reelwright_jobs", "completed"] == 0
    assert counted["reelwright_events_appended_total", "StoryboardApproved"] == 2
    assert counted["reelwright_events_appended_total", "JobFailed"] == 1
    assert counted["reelwright_append_seconds_count",] == 3
    assert counted["reelwright_http_requests_total", "POST", "/api/jobs", "202"] == 2
    assert counted["reelwright_http_requests_total", "GET", "none", "404"] == 1


async def test_no_label_grows_with_the_jobs(harness):
    for number in range(5):
        await harness.approve(f"job-{number}")
        await harness.client.get(f"/api/jobs/job-{number}")
        await harness.client.request("BREW", f"/coffee-{number}")
    text = (await harness.client.get("/metrics")).text
    assert "job-1" not in text
    assert "coffee" not in text
    assert "BREW" not in text
    assert 'route="/api/jobs/{job_id}"' in text


async def test_without_the_database_the_figures_leave_the_jobs_out(harness, monkeypatch):
    await figures(harness)

    async def away():
        raise Unavailable("the database does not answer")

    monkeypatch.setattr(harness.dependencies.jobs, "counts", away)
    assert not [name for name in await figures(harness) if name[0] == "reelwright_jobs"]


async def test_a_part_that_is_away_is_said_with_a_time_to_come_back(harness, monkeypatch):
    async def away(*_args, **_kwargs):
        raise Unavailable("the database does not answer", retry_after_seconds=7)

    monkeypatch.setattr(harness.dependencies.store, "history", away)
    answer = await harness.client.get("/api/jobs/a")
    assert problem(answer, 503, "unavailable")["detail"] == "the database does not answer"
    assert answer.headers["retry-after"] == "7"


async def test_a_bug_is_answered_without_its_insides_which_are_logged(harness, monkeypatch, logged):
    async def broken(*_args, **_kwargs):
        raise RuntimeError("secret insides")

    monkeypatch.setattr(harness.dependencies.store, "history", broken)
    answer = await harness.client.get("/api/jobs/a")
    problem(answer, 500, "internal_error")
    assert "secret" not in answer.text
    assert [str(entry["exc_info"]) for entry in logged if entry["event"] == "request_broken"] == ["secret insides"]
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_method_that_is_not_possible_names_those_that_are(harness):
    answer = await harness.client.delete("/api/jobs")
    problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, HEAD, POST"


async def test_the_description_shows_every_problem_that_a_route_can_have(harness):
    document = (await harness.client.get("/openapi.json")).json()
    for operations in document["paths"].values():
        for operation in operations.values():
            assert operation["summary"]
            for status, answer in operation["responses"].items():
                assert int(status) < 400 or answer == {"$ref": f"#/components/responses/Problem{status}"}
    described = document["components"]["responses"]
    shown = {
        code: example["value"]["status"]
        for answer in described.values()
        for code, example in answer["content"]["application/problem+json"]["examples"].items()
    }
    assert shown == {code: kind.status for code, kind in KINDS.items()}


async def test_every_reference_of_the_description_leads_somewhere(harness):
    text = (await harness.client.get("/openapi.json")).text
    document = (await harness.client.get("/openapi.json")).json()
    for kind, name in set(re.findall(r'"#/components/(\w+)/(\w+)"', text)):
        assert name in document["components"][kind]


async def test_an_answer_is_described_with_all_its_members_under_the_name_that_clients_know(harness):
    described = (await harness.client.get("/openapi.json")).json()["components"]["schemas"]
    names = "Check Event Job JobPage JobSummary Link Live Problem ProgressShape Ready SceneShape Uploaded WarningShape"
    assert described.keys() >= {*names.split()}
    for name in names.split():
        assert described[name]["required"] == [*described[name]["properties"]]
        assert described[name].get("additionalProperties", True) == (name == "Problem")
    assert described["Job"]["properties"]["storyboard"]["items"] == {"$ref": "#/components/schemas/SceneShape"}


def test_the_examples_have_the_documented_shapes():
    for example in (examples.JOB, examples.PAGE, examples.EVENT, examples.UPLOADED, examples.LINK, examples.READY):
        shown = msgspec.to_builtins(example)
        assert msgspec.convert(shown, type(example)) == example


async def test_the_type_of_a_problem_leads_to_what_it_means(harness):
    document = (await harness.client.get("/api/jobs/unknown")).json()
    page = await harness.client.get(document["type"])
    assert f'id="{document["code"]}"' in page.text
    assert document["type"].endswith(f"#{document['code']}")


async def test_no_page_that_loads_from_other_hosts_is_served(harness):
    for path in ("/docs", "/redoc", "/docs/oauth2-redirect"):
        problem(await harness.client.get(path), 404, "not_found")


async def test_the_bus_is_described_too(harness):
    answer = await harness.client.get("/asyncapi.json")
    assert answer.json()["asyncapi"] == "3.0.0"


async def test_figures_count_what_was_spent(harness):
    await harness.completed("paid")
    text = (await harness.client.get("/metrics")).text
    assert 'reelwright_cost_usd_total{outcome="completed"} 0.0' in text.splitlines()
    assert "reelwright_list_price_usd_total 0.506" in text.splitlines()
    assert "reelwright_outbox_lag_seconds 0.0" in text


async def test_sixty_thousand_small_costs_are_counted_exactly():
    """Each was a float, and a job of a third of a cent was stored as $0.00."""
    metrics = Metrics()
    for _ in range(60_000):
        metrics.costs.add("completed", Decimal("0.003"))
        metrics.costs.add_unbilled(Decimal("0.003"))
    lines = metrics.text().decode().splitlines()
    assert 'reelwright_cost_usd_total{outcome="completed"} 180.0' in lines
    assert "reelwright_list_price_usd_total 180.0" in lines
