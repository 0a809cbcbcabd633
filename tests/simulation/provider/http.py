"""The way to the provider: in place of the product's HTTP connections, with the same errors."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from dataclasses import replace
from functools import partial

import httpx

from adapters.renderers.replicate.http import ApiAnswer, Broken, Call, Http
from domain.rendering import RenderRequest
from tests.simulation.provider.api import BASE_URL
from tests.simulation.provider.front import Provider, Sender
from tests.simulation.wire import Wire

SUBMITTED: ContextVar[RenderRequest | None] = ContextVar("submitted", default=None)
"""The render request that the current task submits: only the books of the simulation want to know."""
SLOWNESS = 30.0


class SimulatedHttp(Http):
    """Calls the simulated provider under one token."""

    def __init__(self, provider: Provider, wire: Wire, sender: Sender) -> None:
        self._provider, self._wire, self._sender = provider, wire, sender
        self.base_url = httpx.URL(BASE_URL + "/")

    async def send(self, call: Call, *, timeout_seconds: float) -> ApiAnswer:
        """Send the request and wait for the answer. Raises Broken."""
        submitted = SUBMITTED.get()
        sender = self._sender
        if submitted is not None:
            sender = replace(sender, render_token=submitted.token, job_id=submitted.job_id)
        try:
            async with asyncio.timeout(timeout_seconds):
                reply = await self._wire.exchange(partial(self._provider.take, call, sender), slowness=SLOWNESS)
                if reply.after_seconds:
                    await asyncio.sleep(reply.after_seconds)
        except TimeoutError as error:
            raise Broken(f"no whole answer within {timeout_seconds:g} s", sent=True) from error
        if reply.answer is None:
            raise Broken("the connection was cut", sent=reply.sent)
        return reply.answer

    async def close(self) -> None:
        """Do nothing: there is no connection."""
