"""The renderer for benchmarks: it is done at once, and says that it has nothing."""

from __future__ import annotations

from datetime import UTC, datetime

from adapters.renderers.noop import NoopRenderer
from domain.rendering import Found, RenderRequest, Succeeded
from domain.storyboard import OutputWishes, Scene


async def test_every_request_is_done_at_once_without_a_file():
    renderer = NoopRenderer()
    scenes = (Scene(scene_number=1, image_url="a"),)
    request = RenderRequest(job_id="1", token="t", scenes=scenes, output=OutputWishes(), deadline=datetime.now(UTC))
    order = await renderer.prepare(request)
    assert await renderer.submit(request, order) == "t"
    assert await renderer.follow("t", order) == Succeeded(output_url="noop:", duration_seconds=0.0, billed_seconds=0.0)
    await renderer.cancel("t")
    assert await renderer.find(order) == Found()
    assert "t" in order.request_hash
    assert not order.bills
