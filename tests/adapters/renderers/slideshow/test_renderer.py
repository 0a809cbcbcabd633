"""A render from submit to its end: repeated, followed, cancelled, queued, found again after a restart."""

from __future__ import annotations

import asyncio
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.renderers.slideshow.renderer import SlideshowRenderer
from domain.errors import Refused, Unavailable
from domain.rendering import Cancelled, Failed, Found, Lost, Running, Succeeded
from domain.storyboard import OutputWishes
from tests.adapters.renderers.slideshow.studio import LocalImages, draw, follow, request, submit, until

LONG = OutputWishes(width=1280, height=720, fps=30)


def working(progress) -> bool:
    return not isinstance(progress, Running) or bool(progress.percent)


async def test_a_finished_render_is_named_by_a_url_that_expires_in_an_hour(renderer, images, staging):
    render_id = await submit(renderer, request(draw(images, "a.jpg"), token="abc"))
    assert render_id == "abc"
    done = await until(renderer, render_id)
    assert isinstance(done, Succeeded)
    assert done.output_url == "local:abc.mp4"
    assert done.duration_seconds == pytest.approx(1.0)
    assert done.expires_at - datetime.now(UTC) == pytest.approx(timedelta(hours=1), abs=timedelta(seconds=20))
    assert [path.name for path in staging.iterdir()] == ["abc.mp4"]


async def test_the_same_token_again_starts_nothing_new(renderer, images, staging):
    wanted = request(draw(images, "a.jpg"))
    assert await asyncio.gather(*(submit(renderer, wanted) for _ in range(3))) == ["t1"] * 3
    await until(renderer, "t1")
    written = (staging / "t1.mp4").stat().st_mtime_ns
    assert await submit(renderer, wanted) == "t1"
    assert isinstance(await follow(renderer, "t1"), Succeeded)
    assert (staging / "t1.mp4").stat().st_mtime_ns == written


async def test_progress_grows_and_names_the_scene(renderer, images):
    urls = [draw(images, f"{n}.jpg") for n in range(3)]
    await submit(renderer, request(*urls, seconds=2.0, output=OutputWishes(width=640, height=360, fps=30)))
    seen: list[Running] = []
    await until(renderer, "t1", lambda progress: not isinstance(progress, Running) or seen.append(progress) is not None)
    percents = [progress.percent for progress in seen]
    assert percents == sorted(percents)
    assert percents[0] == 0
    assert max(percents) <= 99
    assert [progress.current_scene for progress in seen] == sorted(progress.current_scene for progress in seen)
    assert {1, 2, 3} == {progress.current_scene for progress in seen}
    assert all(progress.scenes_completed == progress.current_scene - 1 for progress in seen)
    assert any(progress.estimated_completion_seconds is not None for progress in seen)


async def test_a_cancelled_render_stops_within_a_second_and_leaves_nothing(renderer, images, staging):
    await submit(renderer, request(draw(images, "a.jpg"), seconds=60, output=LONG))
    await until(renderer, "t1", working)
    started = time.monotonic()
    await renderer.cancel("t1")
    assert await until(renderer, "t1") == Cancelled()
    assert time.monotonic() - started < 1.0
    assert list(staging.iterdir()) == []


async def test_cancelling_what_has_ended_or_never_was_changes_nothing(renderer, images):
    await renderer.cancel("never")
    await submit(renderer, request(draw(images, "a.jpg")))
    done = await until(renderer, "t1")
    await renderer.cancel("t1")
    assert await follow(renderer, "t1") == done


async def test_renders_above_the_limit_wait_at_zero_percent(images, staging):
    renderer = SlideshowRenderer(LocalImages(images), staging, workers=1)
    image = draw(images, "a.jpg")
    await submit(renderer, request(image, token="first", seconds=60, output=LONG))
    await until(renderer, "first", working)
    await submit(renderer, request(image, token="second"))
    waiting = await follow(renderer, "second")
    assert waiting == Running(percent=0, current_scene=1)
    await renderer.cancel("first")
    assert isinstance(await until(renderer, "second"), Succeeded)
    await renderer.close()


async def test_a_waiting_render_can_be_cancelled(images, staging):
    renderer = SlideshowRenderer(LocalImages(images), staging, workers=1)
    image = draw(images, "a.jpg")
    for token in ("first", "second"):
        await submit(renderer, request(image, token=token, seconds=60, output=LONG))
    await renderer.cancel("second")
    assert await until(renderer, "second") == Cancelled()
    await renderer.close()


async def test_close_ends_all_renders_and_takes_no_more(renderer, images, staging):
    wanted = request(draw(images, "a.jpg"), seconds=60, output=LONG)
    await submit(renderer, wanted)
    await until(renderer, "t1", working)
    await renderer.close()
    assert await follow(renderer, "t1") == Lost()
    assert list(staging.iterdir()) == []
    with pytest.raises(Unavailable, match="shutting down"):
        await submit(renderer, wanted)


async def test_after_a_restart_an_unfinished_render_is_lost_and_may_be_submitted_again(renderer, images, staging):
    staging.mkdir()
    (staging / "t1.cut.part").write_bytes(b"x" * 5000)
    assert await follow(renderer, "t1") == Lost()
    await submit(renderer, request(draw(images, "a.jpg")))
    assert isinstance(await until(renderer, "t1"), Succeeded)


async def test_after_a_restart_a_finished_render_is_found(renderer, images, staging):
    await submit(renderer, request(draw(images, "a.jpg")))
    done = await until(renderer, "t1")
    reborn = SlideshowRenderer(LocalImages(images), staging)
    assert await follow(reborn, "t1") == done
    assert await submit(reborn, request("gone.jpg")) == "t1"
    assert await follow(reborn, "t1") == done


async def test_after_a_restart_a_damaged_file_is_not_taken_for_a_success(renderer, images, staging):
    await submit(renderer, request(draw(images, "a.jpg")))
    await until(renderer, "t1")
    video = staging / "t1.mp4"
    os.truncate(video, video.stat().st_size * 6 // 10)
    reborn = SlideshowRenderer(LocalImages(images), staging)
    assert await follow(reborn, "t1") == Lost()
    assert not video.exists()


async def test_old_files_are_swept_when_new_work_comes(renderer, images, staging):
    staging.mkdir()
    old = time.time() - 2 * 3600
    for name in ("old.mp4", "old.x.part", "new.x.part"):
        (staging / name).write_bytes(b"x")
    for name in ("old.mp4", "old.x.part"):
        os.utime(staging / name, (old, old))
    await submit(renderer, request(draw(images, "a.jpg")))
    assert not (staging / "old.mp4").exists()
    assert not (staging / "old.x.part").exists()
    assert (staging / "new.x.part").exists()


@pytest.mark.parametrize("token", ["../evil", "a/b", "", ".hidden", "a.b", "x" * 201, "a\n"])
async def test_a_token_is_never_a_path(renderer, images, token):
    with pytest.raises(Refused):
        await submit(renderer, request(draw(images, "a.jpg"), token=token))


async def test_a_scene_that_is_not_there_is_refused(renderer, images):
    with pytest.raises(Refused, match="There is no scene 4"):
        await submit(renderer, request(draw(images, "a.jpg"), scene=4))


def test_the_request_hash_names_token_and_input(renderer: SlideshowRenderer):
    first = renderer.order_of(request("a.jpg")).request_hash
    assert first == renderer.order_of(request("a.jpg")).request_hash
    others = [request("b.jpg"), request("a.jpg", token="t2"), request("a.jpg", seconds=2), request("a.jpg", scene=1)]
    assert len({first, *(renderer.order_of(other).request_hash for other in others)}) == 5


async def test_nothing_is_ever_listed(renderer):
    assert await renderer.find(renderer.order_of(request("a.jpg"))) == Found()


async def test_an_image_that_does_not_exist_fails_the_render_for_good(renderer, images):
    await submit(renderer, request(draw(images, "a.jpg"), "missing.jpg"))
    outcome = await until(renderer, "t1")
    assert outcome == Failed(reason="Scene 2: the image does not exist (404)", permanent=True)


async def test_an_image_that_cannot_be_fetched_now_may_be_tried_again(renderer, images):
    await submit(renderer, request(draw(images, "a.jpg"), "away.jpg"))
    outcome = await until(renderer, "t1")
    assert outcome == Failed(reason="Scene 2: the image host does not answer", permanent=False)


async def test_rubbish_in_place_of_an_image_names_the_scene(renderer, images: Path):
    (images / "page.jpg").write_text("<html>not found</html>")
    await submit(renderer, request(draw(images, "a.jpg"), "page.jpg"))
    outcome = await until(renderer, "t1")
    assert outcome == Failed(reason="Scene 2: it is not an image that can be read", permanent=True)


async def test_half_an_image_names_the_scene(renderer, images: Path):
    draw(images, "half.jpg", size=(800, 600))
    data = (images / "half.jpg").read_bytes()
    (images / "half.jpg").write_bytes(data[: len(data) // 2])
    await submit(renderer, request("half.jpg"))
    outcome = await until(renderer, "t1")
    assert isinstance(outcome, Failed)
    assert outcome.permanent
    assert outcome.reason.startswith("Scene 1: the image is damaged: ")


async def test_a_second_cancel_does_not_free_the_slot_before_the_film_has_ended(renderer, images, staging):
    await submit(renderer, request(draw(images, "a.jpg"), seconds=60, output=LONG))
    await until(renderer, "t1", working)
    await renderer.cancel("t1")
    await asyncio.sleep(0)
    await renderer.cancel("t1")
    await renderer.close()
    assert list(staging.iterdir()) == []
