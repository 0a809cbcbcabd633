"""What a provider makes of an input in its list never makes our own render another's, over the whole way."""

from __future__ import annotations

import base64
from typing import get_args

import pytest

from adapters.fake_provider.echo import EchoChange
from adapters.fake_provider.state import ProviderState
from adapters.renderers.replicate.profile import Profile
from domain.storyboard import OutputWishes, Scene
from tests.adapters.renderers.replicate.driving import PNG, Making, looked_up, request

DATA_URL = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
FIELDS = {"first_image": "image", "prompt": "prompt", "fps": "fps", "resolution": "resolution"}
SEED = {**FIELDS, "seed": "seed"}


def wanted(token: str, url: str, text: str = "Ein Café, größer als das alte"):
    scenes = (Scene(scene_number=1, image_url=url, description=text, duration_seconds=3.0),)
    return request(token, scenes=scenes, output=OutputWishes(width=1280, height=720, fps=30))


@pytest.mark.parametrize("change", get_args(EchoChange))
@pytest.mark.parametrize("field", ["*", "image", "prompt", "fps", "resolution", "seed"])
@pytest.mark.parametrize("inputs", [FIELDS, SEED], ids=["without a seed", "with a seed"])
@pytest.mark.parametrize("url", [DATA_URL, "https://images.example/1.png"], ids=["sent", "fetched"])
async def test_our_own_render_is_found_or_unclear_and_a_strangers_is_neither(
    making: Making, provider: ProviderState, change: EchoChange, field: str, inputs: dict, url: str
) -> None:
    renderer = making(profile=Profile(inputs=inputs))
    stranger = wanted("token-2", url, "A dog runs along a beach, quite another film")
    await renderer.submit(stranger, await renderer.prepare(stranger))
    order = await renderer.prepare(ours := wanted("token-1", url))
    render_id = await renderer.submit(ours, order)
    provider.faults.echoes = {field: change}
    same, unclear = await looked_up(renderer, order)
    assert render_id in (*same, *unclear)
    assert set(same) <= {render_id}
    if field not in ("*", "prompt"):
        assert set(unclear) <= {render_id}, "a prompt that is shown and differs is another's"
    decides = recognised_by(inputs, url)
    if change in ("unicode", "text") or (decides is not None and field not in ("*", decides)):
        assert same == [render_id]


def recognised_by(inputs: dict, url: str) -> str | None:
    """Return the field that decides alone."""
    if inputs is SEED:
        return "seed"
    return "image" if url is DATA_URL else None
