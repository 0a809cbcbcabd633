"""What once paid twice or lost what was paid, each as a planned schedule: nothing of it is left to chance.

The tests are named after the kinds of change between a request and the look at what became of it.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.simulation.deployment import Deployment
from tests.simulation.plan import Plan, Strike
from tests.simulation.provider.temperament import REDACTIONS, Temperament
from tests.simulation.schedule import run

IN_DOUBT = Temperament(lost_after=1.0, list_lag_seconds=10.0)
"""The answer to the create is lost, and the first look at the list does not show it yet."""
FILM = "https://delivery.example/p1.mp4"


def planned(*strikes: Strike, ingredients: frozenset[str] = frozenset(), **changes: object) -> Plan:
    """Return the plan of one job, one worker and these strikes."""
    standard = {
        "seed": 1,
        "temperament": Temperament(),
        "deployment": Deployment(),
        "jobs": ((1.0, "film"),),
        "active_seconds": 70.0,
        "fast_seconds": 0.0,
    }
    return Plan(**{**standard, **changes}, ingredients=ingredients | {"one_worker"}, strikes=strikes)  # type: ignore[arg-type]


def strike(what: str, *, seconds: float, draws: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0)) -> Strike:
    """Return a strike at a time; `draws` are what chance would say."""
    return Strike(what=what, creates=0, steps=0, seconds=seconds, draws=draws)


def story_of(plan: Plan, *, creates: int = 1) -> str:
    """Run a plan that keeps every promise with so many creates, and return its story."""
    verdict = run(plan)
    assert verdict.broken == ()
    created = [line for line in verdict.story.splitlines() if " created by " in line]
    assert len(created) == creates, verdict.story
    return verdict.story


@pytest.mark.parametrize(
    ("change", "after"),
    [
        ("deploys_model", "vendor/film-pro with worded"),
        ("deploys_profile", "vendor/film with plain"),
        ("deploys_account", "vendor/film with worded, token-three"),
        ("deploys_token", "vendor/film with worded, token-two"),
    ],
)
def test_a_deploy_while_a_create_is_in_doubt(change: str, after: str) -> None:
    """The new process looked for the new input under the new name, or in another account: paid twice."""
    plan = planned(strike("deploys", seconds=2.0), temperament=IN_DOUBT, ingredients=frozenset({"deploys", change}))
    story = story_of(plan)
    assert f"starts: {after}" in story
    is_known_there = change in {"deploys_model", "deploys_profile"}
    assert (FILM in story) is is_known_there


@pytest.mark.parametrize("temperament", [Temperament(), IN_DOUBT], ids=["accepted", "in doubt"])
def test_a_deploy_of_another_renderer_while_a_render_is_open(temperament: Temperament) -> None:
    """The paid render was taken for a lost local one, or made again on this machine."""
    ingredients = frozenset({"deploys", "deploys_renderer"})
    story = story_of(planned(strike("deploys", seconds=2.0), temperament=temperament, ingredients=ingredients))
    assert "starts: slideshow" in story
    assert FILM in story


@pytest.mark.parametrize("renders", [True, False], ids=["creates", "creates nothing"])
def test_every_create_answers_500_and_the_list_lags(renders: bool) -> None:
    """It was sent again every 51 seconds, for ever, and no person was asked."""
    temperament = Temperament(create_always_fails=True, creates_despite_errors=renders, list_lag_seconds=400.0)
    story = story_of(planned(temperament=temperament, active_seconds=10.0), creates=3 if renders else 0)
    assert "it was sent 3 times" in story


def test_a_gateway_answers_equal_inputs_with_one_render() -> None:
    """The second job went in a circle: its id belonged to the first one."""
    temperament = Temperament(same_ids=True)
    jobs, ingredients = ((1.0, "film"), (2.0, "film")), frozenset({"equal_storyboards"})
    plan = planned(temperament=temperament, jobs=jobs, ingredients=ingredients, deployment=Deployment(profile="plain"))
    assert "RenderUnresolved" in run(plan).story


@pytest.mark.parametrize("tells_removal", [True, False], ids=["told", "not told"])
@pytest.mark.parametrize("before", [Temperament(), IN_DOUBT], ids=["accepted", "in doubt"])
def test_nobody_is_there_for_longer_than_the_provider_keeps_a_render(before: Temperament, tells_removal: bool) -> None:
    """What was accepted and forgotten was rendered again, what was in doubt was sent again."""
    temperament = replace(before, tells_removal=tells_removal)
    hour_and_more = (0.0, 0.5, 0.0, 0.0)
    plan = planned(strike("long_absences", seconds=3.0, draws=hour_and_more), temperament=temperament)
    story = story_of(plan)
    assert ("RenderUnresolved" if before is IN_DOUBT else "JobFailed") in story


@pytest.mark.parametrize("sends_date", [True, False], ids=["dated answers", "no date"])
@pytest.mark.parametrize("fast_seconds", [90.0, 4000.0])
def test_the_clock_ran_ahead_at_the_request_and_was_put_right(fast_seconds: float, sends_date: bool) -> None:
    """The list was asked for what was created after a time that lay behind our own create."""
    temperament = replace(IN_DOUBT, sends_date=sends_date)
    plan = planned(
        strike("crashes", seconds=1.5), temperament=temperament, fast_seconds=fast_seconds, active_seconds=10.0
    )
    assert FILM in story_of(plan)


def test_a_worker_whose_clock_is_an_hour_ahead_takes_over() -> None:
    """A healthy render was over its time limit at once, and was cancelled."""
    hour_ahead_everywhere = (0.0, 12.5 / 14, 0.0, 0.0)
    plan = planned(
        strike("clock_steps", seconds=20.0, draws=hour_ahead_everywhere),
        strike("crashes", seconds=21.0),
        temperament=Temperament(render_seconds=80.0),
    )
    story = story_of(plan)
    assert "all clocks are set to +4000 s" in story
    assert FILM in story


@pytest.mark.parametrize("profile", ["plain", "worded", "seeded"])
@pytest.mark.parametrize("redaction", [*REDACTIONS, "renamed"])
def test_the_list_shows_the_input_otherwise_than_it_was_sent(redaction: str, profile: str) -> None:
    """What could not be compared counted as different, and was paid again."""
    shown = {"listed_name": "vendor/film-v2"} if redaction == "renamed" else {"redactions": (redaction,)}
    temperament = replace(IN_DOUBT, **shown)  # type: ignore[arg-type]
    story = story_of(planned(temperament=temperament, deployment=Deployment(profile=profile)))
    assert FILM in story or "RenderUnresolved" in story


@pytest.mark.parametrize("profile", ["plain", "seeded"])
def test_two_installations_on_one_account_have_equal_films(profile: str) -> None:
    """One took the other's render; the mark of an upload, or the seed, tells them apart."""
    ingredients = frozenset({"two_installations", "equal_storyboards", "uploaded_images"})
    plan = planned(temperament=IN_DOUBT, ingredients=ingredients, deployment=Deployment(profile=profile))
    story = story_of(plan, creates=2)
    assert story.count("VideoCompleted") == 2


def test_a_render_succeeds_after_its_job_has_failed() -> None:
    """The retry paid for another one, although the video was there."""
    temperament = Temperament(ignores_cancels=True, render_seconds=140.0)
    story = story_of(planned(strike("retries", seconds=220.0), temperament=temperament, active_seconds=230.0))
    assert "JobFailed" in story
    assert "DownloadRetryRequested" in story
    assert "VideoCompleted" in story
