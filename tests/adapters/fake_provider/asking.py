"""What the tests of the fake provider share: a running one, and a client of its API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from adapters.fake_provider.faults import Faults
from adapters.fake_provider.server import serving
from adapters.fake_provider.state import new_state

NOT_FOUND = {"detail": "The requested resource could not be found.", "status": 404}


@asynccontextmanager
async def asking(**faults: object) -> AsyncIterator[httpx.AsyncClient]:
    """Run a provider whose renders end at once, unless the faults say otherwise; give a client of its API."""
    chosen = Faults.model_validate({"starting_seconds": 0, "render_seconds": 0, **faults})
    async with (
        serving(new_state(chosen)) as url,
        httpx.AsyncClient(base_url=url, headers={"Authorization": "Bearer any"}, trust_env=False) as http,
    ):
        yield http


async def created(http: httpx.AsyncClient, model: str = "fake/film", **sent: object) -> dict:
    """Create a render and return it."""
    answer = await http.post(f"models/{model}/predictions", json={"input": sent or {"prompt": "a boat"}})
    return answer.raise_for_status().json()


async def change(http: httpx.AsyncClient, **faults: object) -> None:
    """Change faults of the running provider."""
    url = str(http.base_url).removesuffix("/v1/")
    (await http.patch(f"{url}/_faults", json=faults)).raise_for_status()
