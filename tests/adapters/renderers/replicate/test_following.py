"""How far a render is, how it ended, and what a poll that fails says."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from structlog.testing import capture_logs

from adapters import clock
from adapters.fake_provider.state import ProviderState
from adapters.renderers.replicate.profile import Price, Profile
from domain.errors import NotFound, Unavailable
from domain.rendering import Cancelled, Failed, Forgotten, Running, Succeeded
from tests.adapters.renderers.replicate.driving import Making, at, follow, http, recorded, request, saying, submit


async def follow_answer(making: Making, answer: dict, *, profile: Profile | None = None, now: str | None = None):
    async with saying(http(200, answer)) as (url, _):
        renderer = making(url=url, profile=profile, **({"now": at(now)} if now else {}))
        return await follow(renderer, "some-render")


async def test_a_render_that_succeeded_gives_its_video_and_until_when(making: Making, provider: ProviderState) -> None:
    renderer = making()
    progress = await follow(renderer, render_id := await submit(renderer, request()))
    (entry,) = provider.books
    assert isinstance(progress, Succeeded)
    assert progress.output_url == f"{provider.base_url}/delivery/{render_id}/output.mp4"
    assert progress.expires_at == entry.created_at + timedelta(hours=1)


@pytest.mark.parametrize(
    ("outcome", "output"), [("list_output", ""), ("list_output", "1"), ("nested_output", "video.url"), ("ok", "")]
)
async def test_the_video_is_found_in_each_form_of_output(
    making: Making, provider: ProviderState, outcome, output
) -> None:
    provider.faults.script = {"render": [outcome]}
    renderer = making(profile=Profile(output=output))
    progress = await follow(renderer, await submit(renderer, request()))
    assert isinstance(progress, Succeeded)
    assert progress.output_url.endswith("/output.mp4")


@pytest.mark.parametrize(
    ("outcome", "reason", "permanent"),
    [
        ("fail", "The provider's render failed: Prediction failed for an unknown reason.", False),
        ("no_output", "succeeded without a video: its output is empty", False),
        ("nested_output", "it has video, seed; name the place in the profile's output", True),
        ("data_output", "it is a data: URI", True),
        ("text_output", "it is 'a sunny day'", True),
    ],
)
async def test_an_end_without_a_video_is_a_failure_with_its_reason(
    making: Making, provider: ProviderState, outcome, reason, permanent
) -> None:
    """What lies with the profile would fail in the same way again, and would be billed again."""
    provider.faults.script = {"render": [outcome]}
    renderer = making()
    progress = await follow(renderer, await submit(renderer, request()))
    assert isinstance(progress, Failed)
    assert reason in progress.reason
    assert progress.permanent is permanent


@pytest.mark.parametrize("outcome", ["cancel", "abort"])
async def test_a_render_that_the_provider_ended_is_cancelled(making: Making, provider: ProviderState, outcome) -> None:
    provider.faults.script = {"render": [outcome]}
    renderer = making()
    assert isinstance(await follow(renderer, await submit(renderer, request())), Cancelled)


async def test_an_unknown_status_is_followed_on_and_warned_of_once(making: Making, provider: ProviderState) -> None:
    provider.faults.script = {"render": ["unknown_status"]}
    renderer = making()
    render_id = await submit(renderer, request())
    with capture_logs() as logs:
        assert isinstance(await follow(renderer, render_id), Running)
        assert isinstance(await follow(renderer, render_id), Running)
    assert [line["status"] for line in logs if line["event"] == "replicate_status_unknown"] == ["hibernating"]


@pytest.mark.parametrize("fault", ["error", "reset", "half_answer", "throttle", "unauthorized", "garbage"])
async def test_a_failed_poll_is_only_unavailable(making: Making, provider: ProviderState, fault) -> None:
    renderer = making()
    render_id = await submit(renderer, request())
    provider.faults.script = {"get": [fault]}
    with pytest.raises(Unavailable):
        await follow(renderer, render_id)
    assert isinstance(await follow(renderer, render_id), Succeeded)


async def test_a_render_that_is_not_shown_is_told_apart_from_a_provider_that_is_away(
    making: Making, provider: ProviderState
) -> None:
    """Both were "unavailable", so that a job whose render the provider had forgotten was polled for ever."""
    renderer = making()
    render_id = await submit(renderer, request())
    provider.faults.script = {"get": ["not_found"]}
    with pytest.raises(NotFound):
        await follow(renderer, render_id)
    assert isinstance(await follow(renderer, render_id), Succeeded)


async def test_a_busy_provider_says_when_to_ask_again(making: Making) -> None:
    async with saying(http(503, {}, Retry_After="7")) as (url, _):
        with pytest.raises(Unavailable) as caught:
            await follow(making(url=url), "some-render")
    assert caught.value.retry_after_seconds == 7


@pytest.mark.parametrize("status", [404, 410])
async def test_a_render_that_is_gone_is_not_found(making: Making, status: int) -> None:
    async with saying(http(status, {})) as (url, _):
        with pytest.raises(NotFound):
            await follow(making(url=url), "some-render")


async def test_the_percent_is_the_last_one_in_the_log(making: Making) -> None:
    now = "2023-11-16T11:46:26.539915"
    assert await follow_answer(making, recorded("poll-3-processing-progress"), now=now) == Running(
        percent=18, estimated_completion_seconds=46
    )
    assert await follow_answer(making, recorded("poll-4-processing-progress"), now=now) == Running(
        percent=58, estimated_completion_seconds=7
    )


async def test_a_log_that_says_100_is_not_the_end(making: Making) -> None:
    answer = {**recorded("poll-3-processing-progress"), "logs": "100%|██████████| 50/50"}
    progress = await follow_answer(making, answer)
    assert isinstance(progress, Running)
    assert progress.percent == 99


async def test_a_log_line_of_another_form_is_read_by_the_profiles_pattern(making: Making) -> None:
    answer = {**recorded("poll-3-processing-progress"), "logs": "battery 99%\nstep 40 of 100"}
    progress = await follow_answer(making, answer, profile=Profile(log_percent=r"step (\d+) of 100"))
    assert isinstance(progress, Running)
    assert progress.percent == 40


@pytest.mark.parametrize(("second", "percent", "left"), [(26, 10, 90), (46, 30, 70), (59, 43, 57)])
async def test_without_a_log_the_typical_time_gives_percent_and_rest(making: Making, second, percent, left) -> None:
    answer = recorded("poll-2-processing-no-logs")
    now = f"2023-11-16T11:46:{second}.539915"
    assert await follow_answer(making, answer, profile=Profile(typical_seconds=100), now=now) == Running(
        percent=percent, estimated_completion_seconds=left
    )


async def test_time_alone_never_says_more_than_90(making: Making) -> None:
    answer = recorded("poll-2-processing-no-logs")
    progress = await follow_answer(making, answer, profile=Profile(typical_seconds=10), now="2023-11-16T12:46:00")
    assert progress == Running(percent=90, estimated_completion_seconds=1)


async def test_nobody_makes_up_a_percent(making: Making) -> None:
    assert await follow_answer(making, recorded("poll-1-starting")) == Running()
    assert await follow_answer(making, recorded("poll-2-processing-no-logs")) == Running()


async def test_output_before_the_end_is_not_taken(making: Making) -> None:
    assert isinstance(await follow_answer(making, recorded("sync-wait-201-processing-with-output")), Running)


async def test_recorded_ends_are_understood(making: Making) -> None:
    ended = await follow_answer(making, recorded("video-succeeded-string-output"), now="2026-01-16T20:51:00")
    assert ended == Succeeded(
        output_url="https://files.example/abc/output.mp4",
        expires_at=datetime.fromisoformat("2026-01-16T21:50:50.663249+00:00"),
    )
    listed = await follow_answer(making, recorded("video-succeeded-list-output"))
    assert isinstance(listed, Succeeded)
    assert listed.output_url == "https://files.example/abc/clip.mp4"
    assert await follow_answer(making, recorded("cancel-200-canceled")) == Cancelled(
        billed_seconds=0.128148, age_seconds=0.175128
    )
    for name in ("video-failed-flagged", "video-failed-data-removed"):
        failed = await follow_answer(making, recorded(name))
        assert isinstance(failed, Failed)
        assert recorded(name)["error"] in failed.reason


@pytest.mark.parametrize(
    ("price", "billed"),
    [
        (None, None),
        (Price(amount="0.5", per="run"), 1.0),
        (Price(amount="0.01", per="predict_second"), 319.032752861),
        (Price(amount="0.1", per="second"), None),
        (Price(amount="0.1", per="second", metric="total_time"), 319.042249),
        (Price(amount="0.1", per="second", metric="not_reported"), None),
    ],
)
async def test_what_is_billed_comes_from_the_provider_or_from_nobody(making: Making, price, billed) -> None:
    progress = await follow_answer(making, recorded("video-succeeded-string-output"), profile=Profile(price=price))
    assert isinstance(progress, Succeeded)
    assert progress.billed_seconds == billed


@pytest.mark.parametrize("figure", [1e30, float("inf"), float("nan"), -1.0, "12.5", True, None])
async def test_a_figure_that_cannot_be_a_bill_is_no_figure(making: Making, figure) -> None:
    """`predict_time: 1e30` broke the job for ever: no sum of money could be made of it."""
    answer = {**recorded("video-succeeded-string-output"), "metrics": {"predict_time": figure}}
    profile = Profile(price=Price(amount="0.01", per="predict_second"))
    progress = await follow_answer(making, answer, profile=profile)
    assert isinstance(progress, Succeeded)
    assert progress.billed_seconds is None


async def test_a_success_whose_output_was_removed_is_paid_and_no_failure(
    making: Making, provider: ProviderState
) -> None:
    """It counted as an attempt that failed, and the next attempt paid a second time."""
    renderer = making()
    render_id = await submit(renderer, request())
    provider.books.remove_data(render_id)
    assert await follow(renderer, render_id) == Forgotten()


@pytest.mark.parametrize(("now", "forgotten"), [("22:50:50", True), ("22:50:49", False)])
async def test_an_empty_output_of_long_ago_may_have_been_one(making: Making, now: str, forgotten: bool) -> None:
    """A provider that removes outputs after an hour need not say so; before that, an empty output is none."""
    ended = {"output": None, "completed_at": "2026-01-16T21:50:50Z"}
    answer = {**recorded("video-succeeded-string-output"), **ended}
    progress = await follow_answer(making, answer, now=f"2026-01-16T{now}")
    assert isinstance(progress, Forgotten if forgotten else Failed)


@pytest.mark.parametrize("output", ["[REDACTED]", {"video": None}, [None], "", None, []])
async def test_whatever_stands_in_place_of_a_removed_output_it_was_paid(making: Making, output: object) -> None:
    answer = {**recorded("video-succeeded-string-output"), "output": output, "data_removed": True}
    assert await follow_answer(making, answer) == Forgotten()


async def test_an_output_that_was_removed_with_the_input_but_without_a_word_was_paid(making: Making) -> None:
    answer = {**recorded("video-succeeded-string-output"), "output": None, "input": {}}
    now = "2026-01-16T20:55:00"
    assert await follow_answer(making, answer, now=now) == Forgotten()
    shown = await follow_answer(making, {**answer, "input": {"prompt": "a"}}, now=now)
    assert isinstance(shown, Failed)


@pytest.mark.parametrize("status", ["starting", "processing", "archived", ""])
async def test_removed_data_without_an_end_was_accepted_and_is_forgotten(making: Making, status: str) -> None:
    """Data is removed after the end alone: it would have been polled until its deadline, and rendered again."""
    answer = {**recorded("create-201-starting"), "status": status, "data_removed": True, "input": {}}
    assert await follow_answer(making, answer) == Forgotten()


@pytest.mark.parametrize(("status", "kind"), [("failed", Failed), ("canceled", Cancelled), ("aborted", Cancelled)])
async def test_an_end_that_is_known_stays_what_it_was_when_its_data_is_removed(making: Making, status, kind) -> None:
    answer = {**recorded("cancel-200-canceled"), "status": status, "data_removed": True, "input": {}, "metrics": None}
    assert isinstance(await follow_answer(making, answer), kind)


async def test_a_render_is_read_as_its_order_says_whatever_profile_is_configured(
    making: Making, provider: ProviderState
) -> None:
    """After a deploy with another profile a paid output was "no URL of a video", and the job failed."""
    provider.faults.script = {"render": ["nested_output"]}
    made = making(
        profile=Profile(output="video.url", price=Price(amount="0.5", per="run"), inputs={"image_urls": "images"})
    )
    order = await made.prepare(request())
    render_id = await made.submit(request(), order)
    stored = replace(order, recall=json.loads(json.dumps(order.recall)))
    today = making(model="acme/other", profile=Profile(output="0"))
    progress = await today.follow(render_id, stored)
    assert isinstance(progress, Succeeded)
    assert progress.billed_seconds == 1.0
    assert isinstance(await follow(today, render_id), Failed)


@pytest.mark.parametrize("ahead_seconds", [7200.0, -7200.0, 0.0])
async def test_until_when_an_output_can_be_fetched_is_told_by_our_clock(
    making: Making, provider: ProviderState, ahead_seconds: float
) -> None:
    provider.faults.clock_ahead_seconds = ahead_seconds
    renderer = making()
    progress = await follow(renderer, await submit(renderer, request()))
    assert isinstance(progress, Succeeded)
    assert progress.expires_at is not None
    assert abs((progress.expires_at - clock.now()).total_seconds() - 3600) < 12


async def test_an_output_that_is_shown_has_not_expired_by_a_clock_that_runs_ahead(making: Making) -> None:
    """The provider sent no time, and our clock was an hour ahead: the output counted as expired, and was paid again."""
    progress = await follow_answer(making, recorded("video-succeeded-string-output"), now="2026-01-16T22:00:00")
    assert isinstance(progress, Succeeded)
    assert progress.expires_at == datetime.fromisoformat("2026-01-16T23:00:00+00:00")


async def test_an_end_in_the_future_of_its_own_clock_lengthens_nothing(making: Making) -> None:
    answer = {**recorded("video-succeeded-string-output"), "completed_at": "2030-01-01T00:00:00Z"}
    progress = await follow_answer(making, answer, now="2026-01-16T21:50:50")
    assert isinstance(progress, Succeeded)
    assert progress.expires_at == datetime.fromisoformat("2026-01-16T22:50:50+00:00")


@pytest.mark.parametrize(
    ("created", "age"),
    [
        ("2023-11-16T11:00:00Z", 2700.0),
        ("2023-11-16T11:45:00.9Z", 0.0),
        ("2023-11-16T12:45:00Z", None),
        ("nobody knows", None),
    ],
)
async def test_the_age_of_a_render_is_told_by_the_providers_clock_alone(making: Making, created: str, age) -> None:
    """A worker whose clock was an hour ahead took healthy renders over, and cancelled them as timed out."""
    answer = {**recorded("poll-1-starting"), "created_at": created}
    async with saying(http(200, answer, Date="Thu, 16 Nov 2023 11:45:00 GMT")) as (url, _):
        assert await follow(making(url=url), "some-render") == Running(age_seconds=age)
    assert await follow_answer(making, answer) == Running()


async def test_what_computing_cost_is_known_of_a_forgotten_render_too(making: Making) -> None:
    profile = Profile(price=Price(amount="0.01", per="predict_second"))
    answer = {**recorded("video-succeeded-string-output"), "output": None, "data_removed": True}
    assert await follow_answer(making, answer, profile=profile) == Forgotten(billed_seconds=319.032752861)


async def test_computing_is_billed_for_failed_and_cancelled_renders_too(making: Making) -> None:
    profile = Profile(price=Price(amount="0.01", per="predict_second"))
    failed = await follow_answer(making, recorded("video-failed-flagged"), profile=profile)
    cancelled = await follow_answer(making, recorded("cancel-200-canceled"), profile=profile)
    assert isinstance(failed, Failed)
    assert failed.billed_seconds == 9.5
    assert cancelled == Cancelled(billed_seconds=0.128148, age_seconds=0.175128)


async def test_what_was_aborted_before_it_began_is_free(making: Making) -> None:
    answer = {**recorded("cancel-200-canceled"), "status": "aborted"}
    assert await follow_answer(making, answer) == Cancelled(billed_seconds=0.0, age_seconds=0.175128)


async def test_a_cancel_ends_a_running_render_and_leaves_others_alone(making: Making, provider: ProviderState) -> None:
    provider.faults.script = {"render": ["stall", "ok"]}
    renderer = making()
    running, ended = await submit(renderer, request()), await submit(renderer, request("token-2"))
    for render_id in (running, running, ended, "never-heard-of"):
        await renderer.cancel(render_id)
    assert isinstance(await follow(renderer, running), Cancelled)
    assert isinstance(await follow(renderer, ended), Succeeded)


@pytest.mark.parametrize("fault", ["error", "reset", "throttle", "unauthorized"])
async def test_a_cancel_that_was_not_taken_is_to_be_tried_again(making: Making, provider: ProviderState, fault) -> None:
    provider.faults.script = {"render": ["stall"], "cancel": [fault]}
    renderer = making()
    render_id = await submit(renderer, request())
    with pytest.raises(Unavailable):
        await renderer.cancel(render_id)
