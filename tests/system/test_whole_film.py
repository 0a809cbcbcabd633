"""A job that says completed has the whole film; what is not as asked is said, and what cannot be is not paid."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.system.paid_once.paying import Paying, paying
from tests.system.paid_once.provider import approval_of
from tests.system.running import approval, run_verb

ONE_PICTURE = {
    "inputs": {"first_image": "image", "prompt": "prompt", "seed": "seed"},
    "length": {"field": "duration", "allowed": [5, 10], "rounding": "up"},
}


@pytest.fixture(scope="module")
def filming(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paying]:
    """A service whose model films one picture."""
    folder = tmp_path_factory.mktemp("filming")
    profile = folder / "profile.json"
    profile.write_text(json.dumps(ONE_PICTURE))
    with paying(folder, REELWRIGHT_REPLICATE_PROFILE=str(profile)) as pair:
        yield pair


async def test_a_film_of_five_scenes_is_not_paid_as_a_clip_of_its_first_image(filming: Paying) -> None:
    """It was rendered, paid, and said to be completed, 5 of 5 scenes, 100 %."""
    await filming.approve("five", scenes=5)
    job = await filming.service.job_in("five", "completed", "failed")
    assert job["status"] == "failed"
    assert job["error_message"] == "The model films one picture, and the storyboard has 5"
    assert (job["attempts"], job["actual_cost"], filming.provider.report["count"]) == (0, 0, 0)
    assert [one["type"] for one in await filming.events("five")] == ["StoryboardApproved", "JobFailed"]
    assert "films_one_picture" in filming.service.log_path.read_text()


@pytest.mark.parametrize(("films", "warned"), [(10.0, False), (5.0, True)])
async def test_a_video_that_is_shorter_than_the_model_was_asked_for_says_so(
    filming: Paying, films: float, warned: bool
) -> None:
    """The scene has 7 s and the model films 5 or 10: it was asked for 10."""
    job_id = f"films-{films:g}"
    filming.provider.change(video_seconds=films)
    (scene,) = approval_of(job_id, scenes=1)["storyboard"]
    await filming.service.approve({"job_id": job_id, "storyboard": [{**scene, "duration_seconds": 7.0}]})
    job = await filming.service.job_in(job_id, "completed", "failed")
    assert job["status"] == "completed", job
    expected = {
        "field": "duration_seconds",
        "scene": None,
        "message": "The video is 5.00 s long, and 10.00 s were asked for",
        "did_you_mean": None,
    }
    assert job["warnings"] == ([expected] if warned else [])
    (requested,) = await filming.events(job_id, "RenderRequested")
    assert requested["seconds_sent"] == 10.0
    (stored,) = await filming.events(job_id, "VideoStored")
    assert stored["warnings"] == job["warnings"]
    logged = [json.loads(line) for line in filming.service.log_path.read_text().splitlines() if line.startswith("{")]
    lines = [line for line in logged if line["event"] == "video_not_as_asked" and line["job_id"] == job_id]
    assert [line["level"] for line in lines] == ["warning"] * warned


async def test_a_video_of_another_size_than_wished_for_says_so_wherever_it_is_shown(filming: Paying) -> None:
    filming.provider.change(video_seconds=5.0)
    await filming.service.approve(
        {**approval_of("small", scenes=1), "output": {"width": 1280, "height": 720}},
    )
    job = await filming.service.job_in("small", "completed", "failed")
    assert job["status"] == "completed", job
    assert [one["field"] for one in job["warnings"]] == ["output.width", "output.height"]
    assert job["warnings"][0]["message"] == "The video is 320 x 180 pixels, and a width of 1280 was wished for"
    for shown in ((await filming.service.get("/jobs/small")).text, run_verb(filming.service, "show", "small").stdout):
        assert "a width of 1280 was wished for" in shown


async def test_a_film_that_is_made_here_is_as_asked(make_service) -> None:
    service = make_service()
    await service.start()
    await service.approve(approval("here", scenes=3))
    job = await service.job_in("here", "completed", "failed")
    assert (job["status"], job["warnings"]) == ("completed", [])
