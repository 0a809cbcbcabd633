"""A model that films one picture is never sent a storyboard of several: that would be paid as the whole film."""

from __future__ import annotations

import pytest

from adapters.renderers.replicate.mapping import build_input, sent_seconds
from adapters.renderers.replicate.profile import Length, Profile, shipped_profiles
from domain.errors import Refused
from domain.storyboard import OutputWishes, Scene
from tests.adapters.renderers.replicate.driving import Making, request

FIRST = Profile(inputs={"first_image": "image"})
FIRST_AND_LAST = Profile(inputs={"first_image": "image", "last_image": "last_image"})
ALL = Profile(inputs={"first_image": "image", "image_urls": "image_urls"})
URL = "https://images.example/1.png"


@pytest.mark.parametrize("profile", [FIRST, FIRST_AND_LAST, *shipped_profiles().values()])
async def test_a_storyboard_of_several_scenes_is_refused_before_anything_is_sent(
    making: Making, profile: Profile
) -> None:
    renderer = making(profile=profile.model_copy(update={"endpoint": None}))
    with pytest.raises(Refused) as refused:
        await renderer.prepare(request("token-1", *[URL] * 5))
    assert str(refused.value) == "The model films one picture, and the storyboard has 5"


@pytest.mark.parametrize("profile", [FIRST, FIRST_AND_LAST, ALL, Profile()])
async def test_one_scene_can_be_filmed_by_every_model(making: Making, profile: Profile) -> None:
    await making(profile=profile).prepare(request("token-1", URL))


@pytest.mark.parametrize("profile", [ALL, Profile()])
async def test_a_model_that_takes_all_images_is_sent_all(making: Making, profile: Profile) -> None:
    await making(profile=profile).prepare(request("token-1", *[URL] * 5))


async def test_one_scene_of_many_is_one_image(making: Making) -> None:
    await making(profile=FIRST).prepare(request("token-1", *[URL] * 5, scene=3))


async def test_a_render_of_an_earlier_version_is_still_found(making: Making) -> None:
    """What was sent before this was refused is looked for as what it was: it is paid, and belongs to its job."""
    renderer = making(profile=FIRST)
    sent = request("token-1", URL, URL)
    render_id = await renderer.submit(sent, renderer.order_of(sent))
    seen = await renderer.find(renderer.order_of(sent))
    assert seen.same == (render_id,)


@pytest.mark.parametrize(
    ("profile", "asked", "sent"),
    [
        (FIRST, 7.0, None),
        (Profile(inputs={"first_image": "image", "duration": "duration"}), 7.5, 7.5),
        (Profile(inputs={"first_image": "image", "duration": "d"}, choices={"d": (5, 10)}), 7.0, 5.0),
        (Profile(inputs={"first_image": "image", "duration": "d"}, choices={"d": ("5s", "10s")}), 9.0, 10.0),
        (Profile(inputs={"first_image": "image", "durations": "durations"}), 7.5, 7.5),
        (Profile(length=Length(field="d", allowed=(5, 10), rounding="up")), 7.0, 10.0),
        (Profile(length=Length(field="d", maximum=10)), 60.0, 10.0),
        (Profile(length=Length(field="n", unit="frames", frames_per_second=16, minimum=80)), 2.0, 5.0),
        (
            Profile(
                inputs={"image_urls": "i", "fps": "fps"}, length=Length(field="n", unit="frames", frames_per_second=8)
            ),
            2.0,
            2.0,
        ),
    ],
)
def test_the_length_that_is_sent_is_told_in_seconds(profile: Profile, asked: float, sent: float | None) -> None:
    scene = Scene(scene_number=1, image_url=URL, duration_seconds=asked)
    wanted = request(scenes=(scene,), output=OutputWishes(fps=30))
    assert sent_seconds(build_input(wanted, profile), wanted, profile) == sent
