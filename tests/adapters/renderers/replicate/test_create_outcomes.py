"""Every way in which a create can end, and what it says about the money."""

from __future__ import annotations

import asyncio
import socket
from datetime import timedelta
from email.utils import format_datetime

import pytest

from adapters import clock
from adapters.fake_provider.catalogue import version_of
from adapters.fake_provider.state import ProviderState
from adapters.renderers.replicate.profile import Profile
from domain.errors import OutcomeUnknown, Refused, Unavailable
from tests.adapters.renderers.replicate.driving import (
    MODEL,
    Making,
    follow,
    http,
    recorded,
    request,
    saying,
    submit,
    talking,
)

VERSION = "5c7d5dc6dd8bf75c1acaa8565735e7986bc5b66206b55cca93cb72c9bf15ccaa"


async def test_a_create_returns_the_id_of_the_one_render_in_the_books(making: Making, provider: ProviderState) -> None:
    render_id = await submit(making(), request())
    assert [entry.id for entry in provider.books] == [render_id]


@pytest.mark.parametrize(
    ("model", "endpoint", "where"),
    [
        (MODEL, None, ("acme/storyboards", "hidden", None)),
        (f"{MODEL}:{VERSION}", None, ("fake/film", VERSION, None)),
        (version_of(MODEL), None, (MODEL, version_of(MODEL), None)),
        (MODEL, "deployment", (MODEL, f"dp-{version_of(MODEL)[:32]}", MODEL)),
    ],
)
async def test_each_form_of_a_model_reaches_its_endpoint(
    making: Making, provider: ProviderState, model, endpoint, where
) -> None:
    renderer = making(model=model, profile=Profile(endpoint=endpoint))
    await making().check()
    await submit(renderer, request())
    (entry,) = provider.books
    assert (entry.model, entry.version, entry.deployment) == where


@pytest.mark.parametrize("fault", ["lose_answer", "error_after", "half_answer", "garbage"])
async def test_an_answer_lost_after_creating_is_unknown_and_creates_once(
    making: Making, provider: ProviderState, fault
) -> None:
    provider.faults.script = {"create": [fault]}
    with pytest.raises(OutcomeUnknown):
        await submit(making(), request())
    assert len(provider.books) == 1


@pytest.mark.parametrize("fault", ["error_before", "reset_before"])
async def test_an_answer_lost_before_creating_is_unknown_too(making: Making, provider: ProviderState, fault) -> None:
    provider.faults.script = {"create": [fault]}
    with pytest.raises(OutcomeUnknown):
        await submit(making(), request())
    assert len(provider.books) == 0


@pytest.mark.parametrize(("fault", "creates"), [("hang_after", 1), ("hang_before", 0)])
async def test_a_create_ends_with_its_one_time_limit(making: Making, provider: ProviderState, fault, creates) -> None:
    provider.faults.script = {"create": [fault]}
    begun = asyncio.get_running_loop().time()
    with pytest.raises(OutcomeUnknown, match=r"within 0\.3 s"):
        await submit(making(create_timeout_seconds=0.3), request())
    assert asyncio.get_running_loop().time() - begun < 2
    assert len(provider.books) == creates


async def test_an_answer_that_drips_does_not_outlive_the_time_limit(making: Making) -> None:
    """Each byte in time, the whole never: a limit between two bytes would wait for ever."""

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 100000\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with talking(drip) as url:
        with pytest.raises(OutcomeUnknown):
            await submit(making(url=url, create_timeout_seconds=0.3), request())


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("unauthorized", "401 Unauthenticated: You did not pass a valid authentication token"),
        ("no_credit", "402 Insufficient credit"),
        ("not_found", "404 The requested resource could not be found"),
        ("invalid", "422 Input validation failed: - input: prompt is required"),
    ],
)
async def test_a_refusal_says_why_and_is_final(making: Making, provider: ProviderState, fault, says) -> None:
    provider.faults.script = {"create": [fault]}
    with pytest.raises(Refused, match=says):
        await submit(making(), request())
    assert len(provider.books) == 0


async def test_a_throttled_create_created_nothing_and_says_how_long_to_wait(
    making: Making, provider: ProviderState
) -> None:
    provider.faults.script = {"create": ["throttle"]}
    provider.faults.retry_after_seconds = 17
    with pytest.raises(Unavailable) as caught:
        await submit(making(), request())
    assert not isinstance(caught.value, OutcomeUnknown)
    assert caught.value.retry_after_seconds == 17
    assert len(provider.books) == 0


async def test_the_hint_in_the_text_counts_where_there_is_no_header(making: Making) -> None:
    async with saying(http(429, {**recorded("error-429-throttled"), "retry_after": None})) as (url, _):
        with pytest.raises(Unavailable) as caught:
            await submit(making(url=url), request())
    assert caught.value.retry_after_seconds == 10


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Request was throttled. Expected available in 53 seconds.", 53),
        ("Request was throttled. Your rate limit resets in ~30s.", 30),
        ("Please try again in 1 minute.", 60),
        ("Retry after 2 minutes and 5 seconds", 125),
        ("try again in 1m30s", 90),
        ("available in 1 hour", 3600),
        ("available in 1500 milliseconds", 1.5),
        ("available in 99 hours", 3600),
        ("You have 5 requests left in your plan", 10),
        ("too many", 10),
    ],
)
@pytest.mark.parametrize("field", ["detail", "error", "message", "title"])
async def test_how_long_to_wait_may_be_told_in_words(making: Making, text: str, seconds: float, field: str) -> None:
    async with saying(http(429, {field: text})) as (url, _):
        with pytest.raises(Unavailable) as caught:
            await submit(making(url=url), request())
    assert caught.value.retry_after_seconds == seconds


async def test_a_retry_after_may_be_a_date(making: Making) -> None:
    later = format_datetime(clock.now() + timedelta(seconds=40), usegmt=True)
    async with saying(http(429, {}, Retry_After=later)) as (url, _):
        with pytest.raises(Unavailable) as caught:
            await submit(making(url=url), request())
    assert 30 < (caught.value.retry_after_seconds or 0) <= 41


async def test_a_refused_connection_created_nothing(making: Making) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with pytest.raises(Unavailable, match="cannot be reached") as caught:
        await submit(making(url=f"http://127.0.0.1:{port}/v1"), request())
    assert not isinstance(caught.value, OutcomeUnknown)


async def test_a_name_that_does_not_resolve_created_nothing(making: Making) -> None:
    with pytest.raises(Unavailable) as caught:
        await submit(making(url="http://provider.invalid/v1"), request())
    assert not isinstance(caught.value, OutcomeUnknown)


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 403, 405, 413])
async def test_any_other_refusal_is_one_too(making: Making, status) -> None:
    async with saying(http(status, b"<html>no</html>", Location="http://127.0.0.1:1/")) as (url, heard):
        with pytest.raises(Refused, match=f"HTTP {status}"):
            await submit(making(url=url), request())
    assert len(heard.heads) == 1


@pytest.mark.parametrize("status", [303, 408, 500, 502, 503, 504, 529, 204])
async def test_what_tells_nothing_about_the_money_is_unknown(making: Making, status) -> None:
    async with saying(http(status)) as (url, heard):
        with pytest.raises(OutcomeUnknown):
            await submit(making(url=url), request())
    assert len(heard.heads) == 1


@pytest.mark.parametrize(
    "body", [{"id": ""}, {"id": "../../secrets", "status": "starting"}, {"status": "starting"}, [], 5]
)
async def test_an_answer_without_a_usable_id_is_unknown(making: Making, body) -> None:
    async with saying(http(201, body)) as (url, _):
        with pytest.raises(OutcomeUnknown, match="names no prediction"):
            await submit(making(url=url), request())


async def test_a_create_goes_over_a_connection_of_its_own(making: Making, provider: ProviderState) -> None:
    """A kept connection may be closed by the other side just while the create is written: unknown for nothing."""
    renderer = making()
    await follow(renderer, await submit(renderer, request()))
    async with saying(http(201, recorded("create-201-starting"))) as (url, heard):
        await submit(making(url=url), request())
    assert "connection: close" in heard.heads[0].lower()


async def test_the_provider_is_told_when_to_give_up_and_never_to_wait(making: Making) -> None:
    async with saying(http(201, recorded("create-201-starting"))) as (url, heard):
        await submit(making(url=url), request(deadline=clock.now() + timedelta(seconds=600)))
        await submit(making(url=url), request(deadline=clock.now() - timedelta(seconds=600)))
    assert "cancel-after: 630s" in heard.heads[0].lower()
    assert "cancel-after: 5s" in heard.heads[1].lower()
    assert not any("prefer:" in head.lower() for head in heard.heads)


@pytest.mark.parametrize("name", ["create-201-starting", "create-by-model-201-starting", "create-201-with-stream-url"])
async def test_recorded_creates_are_understood(making: Making, name) -> None:
    async with saying(http(201, recorded(name))) as (url, _):
        assert await submit(making(url=url), request()) == recorded(name)["id"]


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("error-401-unauthenticated", 401),
        ("error-402-insufficient-credit", 402),
        ("error-404-problem", 404),
        ("error-422-input-validation", 422),
        ("error-422-invalid-version", 422),
    ],
)
async def test_recorded_refusals_are_refusals_with_their_detail(making: Making, name, status) -> None:
    problem = recorded(name)
    async with saying(http(status, problem)) as (url, _):
        with pytest.raises(Refused) as caught:
            await submit(making(url=url), request())
    assert " ".join(problem["detail"].split()) in str(caught.value)


async def test_an_answer_cut_anywhere_is_unknown(making: Making) -> None:
    whole = http(201, recorded("create-201-starting"))
    cuts = [*range(120), *range(120, len(whole), 37)]
    for cut in cuts:
        async with saying(whole[:cut]) as (url, heard):
            with pytest.raises(OutcomeUnknown):
                await submit(making(url=url), request())
        assert len(heard.heads) == 1
