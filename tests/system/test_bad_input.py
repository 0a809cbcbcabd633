"""What bad input gets: recorded with its reason, nothing lost, and the next job flows."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.system.running import Service, approval, image_bytes

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    running = Service(Path(tmp_path_factory.mktemp("bad-input")) / "DATA")
    await running.start()
    yield running
    running.kill()


async def rejected(service: Service, sequence: int) -> dict[str, Any]:
    """Wait for what became of the message at that sequence."""

    async def there() -> dict[str, Any] | None:
        bodies = await service.announced("STORYBOARD", "storyboard.rejected")
        return next((body for body in bodies if body["stream_sequence"] == sequence), None)

    return await service.until(there, what=f"a rejection of message {sequence}")


async def still_flows(service: Service, job_id: str) -> None:
    await service.approve(approval(job_id, scenes=1, seconds=0.3))
    assert (await service.job_in(job_id, "completed", "failed"))["status"] == "completed"


@pytest.mark.parametrize(
    ("job_id", "change", "reason"),
    [
        ("not-approved", {"approved": False}, "Storyboard must be approved"),
        ("no-storyboard", {"storyboard": None}, "No storyboard data available"),
        ("empty-storyboard", {"storyboard": []}, "No storyboard data available"),
        ("broken-storyboard", {"storyboard": "[{"}, "No storyboard data available"),
        ("no-image", {"storyboard": [{"image_url": image_bytes()}, {"description": "x"}]}, "Scene 2 is missing image"),
    ],
)
async def test_a_storyboard_that_cannot_be_rendered_fails_its_job_at_once(
    service: Service, job_id: str, change: dict[str, Any], reason: str
) -> None:
    await service.approve(approval(job_id) | change)
    job = await service.job_in(job_id, "failed")
    assert job["error_message"].startswith(reason)
    assert job["actual_cost"] == 0
    assert [event["type"] for event in await service.events(job_id)] == ["StoryboardRefused"]


async def test_a_refused_job_may_be_approved_later(service: Service) -> None:
    await service.approve(approval("second-thoughts", approved=False))
    await service.job_in("second-thoughts", "failed")
    await service.approve(approval("second-thoughts", scenes=1, seconds=0.3))
    assert (await service.job_in("second-thoughts", "completed"))["error_message"] is None


@pytest.mark.parametrize(
    "body",
    [
        b"this is no JSON",
        b"\xff\xfe\x00 not even text",
        b"[]",
        json.dumps({"storyboard": []}).encode(),
        json.dumps({"job_id": "../../etc/passwd", "storyboard": []}).encode(),
        json.dumps({"job_id": True}).encode(),
        json.dumps({"job_id": "x" * 65}).encode(),
    ],
)
async def test_a_message_that_names_no_job_is_recorded_as_rejected(service: Service, body: bytes) -> None:
    sequence = await service.approve(body)
    found = await rejected(service, sequence)
    assert found["reason"]
    assert found["errors"]
    assert found["subject"] == "storyboard.approved"
    assert found["payload_size_bytes"] == len(body)
    assert found["payload_sha256"] == hashlib.sha256(body).hexdigest()
    shown = found["payload"]
    assert (base64.b64decode(shown) if found["payload_encoding"] == "base64" else shown.encode()) == body


async def test_an_oversized_message_is_recorded_by_its_first_64_kib(service: Service) -> None:
    body = json.dumps(approval("too-large", note="é" * 300_000)).encode()
    found = await rejected(service, await service.approve(body))
    assert found["payload_size_bytes"] == len(body)
    assert body.startswith(found["payload"].encode())
    assert 64 * 1024 - 4 < len(found["payload"].encode()) <= 64 * 1024
    assert await service.job("too-large") is None
    await still_flows(service, "after-too-large")


async def test_the_same_approval_again_changes_nothing(service: Service) -> None:
    first = approval("twice", scenes=1, seconds=0.3)
    await service.approve(first)
    await service.approve(first | {"note": "written differently"})
    done = await service.job_in("twice", "completed")
    await service.approve(first)
    await still_flows(service, "after-twice")
    assert (await service.job("twice"))["version"] == done["version"]


async def test_another_storyboard_under_a_used_job_id_is_rejected(service: Service) -> None:
    await service.approve(approval("mine", scenes=1, seconds=0.3))
    done = await service.job_in("mine", "completed")
    sequence = await service.approve(approval("mine", scenes=2, seconds=0.3))
    assert "another storyboard" in (await rejected(service, sequence))["reason"]
    assert (await service.job("mine"))["version"] == done["version"]


async def test_a_rejection_is_recorded_although_a_publisher_used_its_message_id(service: Service) -> None:
    """A rejection's message id is a stream sequence; a publisher's own id may be that same number."""
    first = await service.approve(b"no JSON either")
    await rejected(service, first)
    taken = await service.approve(approval("number", scenes=1, seconds=0.3), message_id=str(first + 3))
    sequence = await service.approve(b"still no JSON")
    while sequence < first + 3:
        sequence = await service.approve(b"and again no JSON")
    assert taken < sequence
    assert (await rejected(service, sequence))["payload_size_bytes"] > 0


async def test_an_image_that_is_no_image_fails_the_job_and_names_the_scene(service: Service) -> None:
    broken = approval("no-image")
    broken["storyboard"][1]["image_url"] = "data:image/png;base64," + base64.b64encode(b"not an image").decode()
    await service.approve(broken)
    job = await service.job_in("no-image", "failed")
    assert "Scene 2" in job["error_message"]
    assert job["attempts"] == 1
    await still_flows(service, "after-no-image")


@pytest.mark.parametrize("url", ["/etc/passwd", "file:///etc/passwd", "http://127.0.0.1:1/x.jpg", "ftp://x/y.jpg"])
async def test_a_message_cannot_name_a_file_or_an_inner_address(service: Service, url: str) -> None:
    job_id = "address-" + hashlib.sha256(url.encode()).hexdigest()[:8]
    message = approval(job_id)
    message["storyboard"][0]["image_url"] = url
    await service.approve(message)
    job = await service.job_in(job_id, "failed")
    assert "Scene 1" in job["error_message"]
    assert job["attempts"] == 1
