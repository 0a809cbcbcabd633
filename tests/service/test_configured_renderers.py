"""Which renders a service can end, by its settings: those of its own machine, and those of an account that it knows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from adapters.renderers.replicate.client import Access, account_of
from domain.errors import Refused
from domain.rendering import RenderOrder
from service.settings import load_settings
from service.wiring.stores import make_stores
from service.wiring.worker import Worker, make_worker
from service.worker.renderers import RendererAway

TOKEN = "a-token"
ACCOUNT = account_of(Access(token=TOKEN))

Start = Callable[..., Awaitable[Worker]]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Make the worker of some settings, and close it at the end."""
    opened = []

    async def make(**settings: str) -> Worker:
        read = load_settings({"REELWRIGHT_DATA_DIR": str(tmp_path), **settings})
        stores = make_stores(read)
        worker = make_worker(read, stores)
        opened.append((worker, stores))
        return worker

    yield make
    for worker, stores in opened:
        await worker.close()
        await stores.close()


def paid(account: str | None = ACCOUNT) -> RenderOrder:
    return RenderOrder(renderer="replicate", model="acme/film", request_hash="h", account=account)


@pytest.mark.parametrize("other", [{}, {"REELWRIGHT_REPLICATE_PROFILE": "no-such-profile"}])
async def test_a_token_beside_the_slideshow_is_enough_to_end_paid_renders(start: Start, other: dict[str, str]) -> None:
    """After a change from replicate to slideshow a paid render was treated as a lost local one."""
    renderers = (await start(REPLICATE_API_TOKEN=TOKEN, **other)).renderers
    assert renderers.chosen.name == "slideshow"
    assert renderers.of(paid()).account == ACCOUNT
    assert renderers.of(paid(None)).name == "replicate"
    with pytest.raises(RendererAway, match="another base URL or token"):
        renderers.of(paid("another"))
    with pytest.raises(Refused, match="no model is configured"):
        renderers.of(paid()).order_of(None)  # type: ignore[arg-type]


@pytest.mark.parametrize("settings", [{}, {"REPLICATE_API_TOKEN": "two words"}])
async def test_without_a_usable_token_local_renders_go_on_and_paid_ones_wait(
    start: Start, settings: dict[str, str]
) -> None:
    renderers = (await start(**settings)).renderers
    with pytest.raises(RendererAway, match="not configured any more"):
        renderers.of(paid())
    assert renderers.of(RenderOrder(renderer="noop", model=None, request_hash="h")).name == "noop"


async def test_the_provider_ends_what_the_slideshow_began(start: Start) -> None:
    renderers = (
        await start(REELWRIGHT_RENDERER="replicate", REPLICATE_API_TOKEN=TOKEN, REELWRIGHT_REPLICATE_MODEL="acme/film")
    ).renderers
    assert renderers.chosen.account == ACCOUNT
    assert renderers.of(RenderOrder(renderer="slideshow", model=None, request_hash="h")).name == "slideshow"
