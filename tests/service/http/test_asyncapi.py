"""The description of the bus: whole, and true of what is really sent."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from faststream.specification.asyncapi.v3_0_0.schema import ApplicationSchema

from domain import events as e
from domain.evolve import evolve
from domain.job import Job
from domain.records import Recorded
from domain.storyboard import OutputWishes, Scene
from service.http import asyncapi
from service.intake.rejections import rejection_body
from service.log_readers.announcements import announcements

AT = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
APPROVED = e.StoryboardApproved(
    storyboard=(Scene(scene_number=1, image_url="https://images.example/1.png"),),
    output=OutputWishes(),
    storyboard_hash="0",
    estimated_cost=Decimal("2.5"),
)


def test_it_is_asyncapi_3():
    document = asyncapi.document()
    # FastStream's model of the specification wants a path of every server, the specification does not.
    document["servers"]["nats"]["pathname"] = ""
    ApplicationSchema.model_validate(document)


def test_every_reference_leads_somewhere():
    document = asyncapi.document()
    for path in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document)):
        place = document
        for step in path.split("/"):
            place = place[step]


def test_every_subject_is_described():
    addresses = {channel["address"] for channel in asyncapi.document()["channels"].values()}
    assert addresses == {
        "storyboard.approved",
        "storyboard.rejected",
        "video.progress",
        "video.completed",
        "video.failed",
        "video.cancelled",
        "reelwright.cancel",
        "reelwright.retry",
        None,
    }


@pytest.mark.parametrize(
    "last", [e.JobFailed(stage="approved", reason="No answer"), e.JobCancelled(by="ada", reason="wrong one")]
)
def test_what_is_sent_has_the_described_members_and_headers(last):
    job = Job(job_id="1")
    for event in (APPROVED, last):
        job = evolve(job, event)
    sent = announcements(_recorded(last), job)
    assert len(sent) == 2
    for announcement in sent:
        message = _message(announcement.subject)
        payload = _schema(message["payload"])
        body = json.loads(announcement.body)
        assert set(payload["required"]) <= set(body) <= set(payload["properties"])
        assert set(announcement.headers) <= set(_schema(message["headers"])["properties"])
        for name, value in body.items():
            if isinstance(value, float):
                assert "number" in json.dumps(payload["properties"][name])


def test_what_is_rejected_has_the_described_members():
    body = json.loads(rejection_body(b"{", reason="Not JSON", errors=["x"], subject="s", stream_sequence=1))
    schema = _schema(_message("storyboard.rejected")["payload"])
    assert set(body) == set(schema["properties"])


def _recorded(event: e.Event) -> Recorded:
    return Recorded(
        position=2, job_id="1", version=2, event_id="id", event=event, recorded_at=AT, metadata={"traceparent": "00-1"}
    )


def _message(subject: str) -> dict:
    document = asyncapi.document()
    (channel,) = (channel for channel in document["channels"].values() if channel["address"] == subject)
    (message,) = channel["messages"]
    return document["components"]["messages"][message]


def _schema(reference: dict) -> dict:
    return asyncapi.document()["components"]["schemas"][reference["$ref"].rpartition("/")[2]]


def test_an_approval_is_described_with_its_ranges_and_units():
    approval = _schema(_message("storyboard.approved")["payload"])
    scene, output = (_schema({"$ref": f"/{name}"})["properties"] for name in ("SceneBody", "OutputBody"))
    storyboard, cost = approval["properties"]["storyboard"], approval["properties"]["estimated_cost"]
    assert approval["required"] == ["job_id", "storyboard"]
    assert (storyboard["minItems"], storyboard["maxItems"]) == (1, 500)
    assert (cost["minimum"], cost["description"]) == (0, "USD")
    assert (scene["duration_seconds"]["exclusiveMinimum"], scene["duration_seconds"]["maximum"]) == (0, 600)
    assert (output["width"]["type"], output["width"]["minimum"], output["width"]["maximum"]) == ("integer", 16, 4096)
    assert (output["fps"]["minimum"], output["fps"]["maximum"]) == (1, 120)
    assert output["format"]["const"] == "mp4"


def test_a_command_is_described_with_both_of_its_replies():
    document = asyncapi.document()
    replies = [ref["$ref"].rpartition("/")[2] for ref in document["operations"]["cancelJob"]["reply"]["messages"]]
    assert replies == ["reply", "problem"]
    assert set(_schema(_message("reelwright.cancel")["payload"])["properties"]) == {"job_id", "by", "reason"}
