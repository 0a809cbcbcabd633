"""The token is in one header and nowhere else."""

from __future__ import annotations

import logging
import traceback

import pytest
from structlog.testing import capture_logs

from adapters.renderers.replicate.client import Access, ReplicateClient
from adapters.renderers.replicate.model import Misconfigured
from adapters.renderers.replicate.redaction import LONGEST_TEXT, Redaction
from domain.errors import ReelwrightError
from tests.adapters.renderers.replicate.driving import TOKEN, Making, follow, http, request, saying, submit


@pytest.mark.parametrize("status", [401, 404, 422, 429, 500, 302])
async def test_a_provider_that_repeats_the_token_is_not_repeated(making: Making, status, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    problem = {"title": TOKEN, "detail": f"your token {TOKEN} is\x1b[31m odd\n", "status": status}
    async with saying(http(status, problem)) as (url, heard):
        renderer = making(url=url)
        said = []
        with capture_logs() as logs:
            for call in (
                submit(renderer, request()),
                follow(renderer, "render-1"),
                renderer.cancel("render-1"),
                renderer.find(renderer.order_of(request())),
                renderer.check(),
            ):
                try:
                    await call
                except ReelwrightError as error:
                    said.append("".join(traceback.format_exception(error)))
    assert len(said) >= 3
    assert f"authorization: bearer {TOKEN}" in heard.heads[0].lower()
    assert TOKEN not in "".join([*said, str(logs), caplog.text])
    assert "\x1b" not in "".join([*said, str(logs)])


async def test_an_unknown_status_is_cleaned_before_it_is_logged(making: Making) -> None:
    async with saying(http(200, {"id": "a", "status": f"odd {TOKEN}\x07" + "x" * 9999})) as (url, _):
        with capture_logs() as logs:
            await follow(making(url=url), "a")
    assert TOKEN not in str(logs)
    assert len(logs[0]["status"]) <= LONGEST_TEXT


async def test_nothing_shows_the_token_when_it_is_printed(making: Making) -> None:
    access = Access(token=TOKEN)
    client = ReplicateClient(access)
    shown = [repr(thing) for thing in (access, client, client.clean, making(), vars(client).get("clean"))]
    assert TOKEN not in "".join(shown)
    await client.close()


@pytest.mark.parametrize("token", ["", " ", "line\nbreak", "ümlaut", "two words"])
def test_a_token_that_no_header_can_carry_is_a_wrong_setting(token) -> None:
    with pytest.raises(Misconfigured) as caught:
        ReplicateClient(Access(token=token))
    assert not token.strip() or token not in str(caught.value)


@pytest.mark.parametrize("url", ["ftp://host/v1", "host/v1", "http://user:secret@host/v1", "http:///v1"])
def test_a_base_url_that_cannot_be_used_is_a_wrong_setting(url) -> None:
    with pytest.raises(Misconfigured) as caught:
        ReplicateClient(Access(token=TOKEN, base_url=url))
    assert "secret" not in str(caught.value)


def test_text_from_outside_is_one_printable_line_of_limited_length() -> None:
    clean = Redaction("secret")
    assert clean("a\x00b\r\nc\x1b[0m secret \u202ed") == "a b c [0m [hidden] d"
    assert len(clean("x" * 10_000)) == LONGEST_TEXT
