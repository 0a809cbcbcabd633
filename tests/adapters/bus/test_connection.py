"""Calls to NATS end with one of the domain's errors, or with the cancellation that was asked for."""

from __future__ import annotations

import asyncio

import pytest
from nats import errors

from adapters.bus.connection import translated
from domain.errors import Unavailable


async def test_a_cancellation_that_comes_with_the_answer_is_not_lost() -> None:
    """A relay that was cancelled just when it had read the stream's end went on for ever (Python 3.11)."""
    answer = asyncio.get_running_loop().create_future()

    async def ask() -> None:
        with translated("ask"):
            await asyncio.wait_for(answer, 5)
        pytest.fail("it goes on")

    asking = asyncio.create_task(ask())
    await asyncio.sleep(0)
    answer.set_result("yes")
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_an_error_of_the_client_says_what_could_not_be_done() -> None:
    with pytest.raises(Unavailable, match="could not ask: "), translated("ask"):
        raise errors.NoRespondersError
