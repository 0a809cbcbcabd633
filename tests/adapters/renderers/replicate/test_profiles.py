"""Profiles: what is right is mapped as written, what is wrong is said before any money is spent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adapters.renderers.replicate.client import Access
from adapters.renderers.replicate.mapping import LARGEST_SEED, build_input, canonical, seed_of
from adapters.renderers.replicate.model import Misconfigured, read_model
from adapters.renderers.replicate.profile import Length, Profile, choose_model, load_profile, shipped_profiles
from adapters.renderers.replicate.renderer import open_replicate
from domain.storyboard import OutputWishes, Scene
from tests.adapters.renderers.replicate.driving import KeptImages, request

URLS = ("https://images.example/1.png", "https://images.example/2.png")


def mapped(profile: Profile, **changes: object) -> object:
    return canonical(build_input(request(**changes), profile))


def seconds(*lengths: float) -> tuple[Scene, ...]:
    return tuple(
        Scene(scene_number=number, image_url=URLS[0], duration_seconds=length)
        for number, length in enumerate(lengths, start=1)
    )


def test_every_name_of_ours_reaches_the_models_field() -> None:
    names = ("image_urls", "first_image", "last_image", "prompt", "prompts", "duration", "durations", "fps", "width")
    names += ("height", "resolution", "aspect_ratio")
    profile = Profile(inputs={name: f"their_{name}" for name in names}, constants={"mode": "pro"})
    assert mapped(profile, output=OutputWishes(width=1280, height=720, fps=30)) == {
        "mode": "pro",
        "their_image_urls": list(URLS),
        "their_first_image": URLS[0],
        "their_last_image": URLS[1],
        "their_prompt": "scene 1\nscene 2",
        "their_prompts": ["scene 1", "scene 2"],
        "their_duration": 6,
        "their_durations": [3.0, 3.0],
        "their_fps": 30,
        "their_width": 1280,
        "their_height": 720,
        "their_resolution": "720p",
        "their_aspect_ratio": "16:9",
    }


def test_what_nobody_wished_for_is_left_to_the_model() -> None:
    profile = Profile(inputs={"first_image": "image", "last_image": "last", "fps": "fps", "resolution": "resolution"})
    assert mapped(profile, scenes=seconds(3.0)) == {"image": URLS[0]}


def test_one_scene_of_a_storyboard_can_be_rendered_alone() -> None:
    profile = Profile(inputs={"image_urls": "images", "prompt": "prompt", "duration": "duration"})
    assert mapped(profile, scene=2) == {"images": [URLS[1]], "prompt": "scene 2", "duration": 3}


def test_a_seed_is_the_same_for_a_token_and_fits_into_31_bits() -> None:
    seeds = [seed_of(f"token-{number}") for number in range(1000)]
    assert seeds == [seed_of(f"token-{number}") for number in range(1000)]
    assert len(set(seeds)) == 1000
    assert all(1 <= seed <= LARGEST_SEED for seed in seeds)
    assert seed_of("0197-a") == 1343401770


@pytest.mark.parametrize(
    ("length", "asked", "sent"),
    [
        ({"field": "d"}, 4.4, 4),
        ({"field": "d", "rounding": "up"}, 4.1, 5),
        ({"field": "d", "rounding": "down"}, 4.9, 4),
        ({"field": "d", "minimum": 5, "maximum": 9}, 2, 5),
        ({"field": "d", "minimum": 5, "maximum": 9}, 200, 9),
        ({"field": "d", "allowed": [5, 10]}, 7, 5),
        ({"field": "d", "allowed": [5, 10], "rounding": "up"}, 7, 10),
        ({"field": "d", "allowed": [5, 10], "rounding": "up"}, 70, 10),
        ({"field": "d", "allowed": [5, 10], "rounding": "down"}, 9, 5),
        ({"field": "d", "allowed": [5, 10], "rounding": "down"}, 1, 5),
        ({"field": "d", "unit": "frames", "frames_per_second": 16}, 5, 80),
        ({"field": "d", "unit": "frames", "frames_per_second": 24, "allowed": [97, 129]}, 5, 129),
    ],
)
def test_a_length_is_rounded_to_what_the_model_takes(length, asked, sent) -> None:
    profile = Profile(length=Length.model_validate(length))
    value = build_input(request(scenes=seconds(asked)), profile)["d"]
    assert value == sent
    assert isinstance(value, int)


def test_frames_are_counted_at_the_rate_that_is_sent() -> None:
    length = Length(field="frames", unit="frames", frames_per_second=16)
    wishes = {"output": OutputWishes(fps=30), "scenes": seconds(2.0)}
    assert build_input(request(**wishes), Profile(length=length))["frames"] == 32
    sent = Profile(inputs={"first_image": "image", "fps": "fps"}, length=length)
    assert build_input(request(**wishes), sent)["frames"] == 60


@pytest.mark.parametrize(
    ("ours", "choices", "sent"),
    [
        ("resolution", ["480p", "720p", "1080p"], "720p"),
        ("resolution", ["480p", "1080p"], "480p"),
        ("aspect_ratio", ["16:9", "9:16", "1:1"], "16:9"),
        ("aspect_ratio", ["9:16", "1:1"], "1:1"),
        ("fps", [16, 24], 24),
        ("width", [640, 1024], 1024),
        ("resolution", ["small", "large"], "720p"),
    ],
)
def test_the_nearest_choice_is_sent(ours, choices, sent) -> None:
    profile = Profile(inputs={"first_image": "image", ours: "theirs"}, choices={"theirs": choices})
    model_input = build_input(request(output=OutputWishes(width=1280, height=720, fps=30)), profile)
    assert model_input["theirs"] == sent


def test_shipped_profiles_are_valid_and_name_their_models() -> None:
    shipped = shipped_profiles()
    assert len(shipped) >= 6
    for name, profile in shipped.items():
        assert profile.model is not None
        assert name == profile.model.replace("/", "-")
        assert load_profile(name) == profile
        assert choose_model(None, profile).label == profile.model
        assert build_input(request(), profile)


def test_a_file_of_the_user_wins_over_a_shipped_name(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    name = next(iter(shipped_profiles()))
    Path(name).write_text('{"inputs": {"image_urls": "mine"}}')
    assert load_profile(name).inputs == {"image_urls": "mine"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("not json", "is no JSON"),
        ("[]", "is wrong"),
        ('{"imputs": {}}', "imputs: Extra inputs"),
        ('{"inputs": {"image": "image"}}', "inputs.image.*Inputs may be image_urls, first_image"),
        ('{"inputs": {"prompt": "prompt"}}', "no image would be sent"),
        ('{"inputs": {"image_urls": "x", "prompt": "x"}}', "x would be sent twice"),
        ('{"constants": {"image_urls": 1}}', "image_urls would be sent twice"),
        ('{"length": {"field": "n", "unit": "frames"}}', "frames_per_second is needed"),
        ('{"length": {"field": "n", "rounding": "sideways"}}', "length.rounding"),
        ('{"log_percent": "("}', "no regular expression"),
        ('{"log_percent": "[0-9]+%"}', "needs a group"),
        ('{"price": {"amount": -1, "per": "run"}}', "price.amount"),
        ('{"price": {"amount": 1, "per": "moon"}}', "price.per"),
        ('{"typical_seconds": 0}', "typical_seconds"),
    ],
)
def test_a_wrong_profile_says_what_is_wrong(tmp_path: Path, content, says) -> None:
    path = tmp_path / "profile.json"
    path.write_text(content)
    with pytest.raises(Misconfigured, match=f"(?s){says}"):
        load_profile(str(path))


def test_a_price_is_exact(tmp_path: Path) -> None:
    path = tmp_path / "profile.json"
    path.write_text(json.dumps({"price": {"amount": "0.1", "per": "second"}}))
    price = load_profile(str(path)).price
    assert price is not None
    assert str(price.amount) == "0.1"


def test_an_unknown_profile_names_the_shipped_ones() -> None:
    with pytest.raises(Misconfigured, match="minimax-video-01"):
        load_profile("minimax-video-02")


@pytest.mark.parametrize(
    ("text", "endpoint", "path", "body"),
    [
        ("acme/films", None, "models/acme/films/predictions", {"input": {}}),
        ("acme/films:v1", None, "predictions", {"version": "v1", "input": {}}),
        ("a" * 64, None, "predictions", {"version": "a" * 64, "input": {}}),
        ("acme/films", "deployment", "deployments/acme/films/predictions", {"input": {}}),
    ],
)
def test_a_model_is_written_in_one_of_three_forms(text, endpoint, path, body) -> None:
    model = read_model(text, endpoint=endpoint)
    assert (model.label, model.create_path, model.body({})) == (text, path, body)


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("", None),
        ("films", None),
        ("a/b/c", None),
        ("../x", None),
        ("acme/films?x=1", None),
        ("acme/films", "version"),
        ("a" * 64, "model"),
        ("a" * 63, None),
    ],
)
def test_what_is_no_model_is_said_so(text, endpoint) -> None:
    with pytest.raises(Misconfigured):
        read_model(text, endpoint=endpoint)


async def test_the_settings_alone_make_a_renderer(tmp_path: Path) -> None:
    renderer = open_replicate(Access(token="any"), model=None, profile="minimax-video-01", images=KeptImages(tmp_path))
    assert (renderer.name, renderer.model, renderer.bills) == ("replicate", "minimax/video-01", True)
    assert load_profile("minimax-video-01").price is None
    await renderer.close()


def test_without_any_model_there_is_nothing_to_run() -> None:
    with pytest.raises(Misconfigured, match="no model is named"):
        choose_model(None, Profile())
