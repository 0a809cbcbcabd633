"""Every shipped profile against the fake provider, which has its model and refuses an input that the real one would."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from adapters.fake_provider.catalogue import PUBLISHED
from adapters.fake_provider.state import ProviderState
from adapters.renderers.replicate.profile import shipped_profiles
from domain.storyboard import OutputWishes
from tests.adapters.renderers.replicate.driving import Making, found, request, submit

IMAGE = "https://images.example/1.png"


def test_the_fake_provider_has_the_models_of_the_shipped_profiles_and_no_other() -> None:
    assert {profile.model for profile in shipped_profiles().values()} == set(PUBLISHED)


@pytest.mark.parametrize("name", shipped_profiles())
async def test_a_shipped_profile_is_rehearsed_without_a_schema_of_ones_own(
    making: Making, provider: ProviderState, name
) -> None:
    profile = shipped_profiles()[name]
    assert profile.model is not None
    renderer = making(profile=profile, model=profile.model)
    wanted = request("token-1", IMAGE, output=OutputWishes(width=1280, height=720))
    with capture_logs() as logs:
        await renderer.check()
    doubtful = [] if "seed" in profile.inputs else ["replicate_configuration_is_doubtful"]
    assert [line["event"] for line in logs] == [*doubtful, "replicate_model_films_one_picture"]
    render_id = await submit(renderer, wanted)
    (entry,) = provider.books
    assert (entry.id, entry.model) == (render_id, profile.model)
    assert set(entry.input) <= set(profile.sent_fields)
    assert await found(renderer, wanted) == [render_id]
