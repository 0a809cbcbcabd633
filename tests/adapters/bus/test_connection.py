"""Calls to NATS end with one of the domain's errors, or with the cancellation that was asked for."""

from __future__ import annotations

import asyncio

import pytest
from nats import errors

from adapters.bus.connection import login, translated
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


@pytest.mark.parametrize(
    ("urls", "sent"),
    [
        (["nats://bus.example"], {}),
        (["nats://ada:plain@bus.example"], {}),
        (["nats://ada:p%23ss@bus.example"], {"user": "ada", "password": "p#ss"}),
        (["nats://one.example", "nats://a%2Fda:p@two.example"], {"user": "a/da", "password": "p"}),
        (["nats://t%40ken@bus.example"], {"token": "t@ken"}),
    ],
)
def test_what_an_address_can_hold_only_encoded_is_sent_as_it_was_meant(urls: list[str], sent: dict[str, str]) -> None:
    assert login(urls) == sent
