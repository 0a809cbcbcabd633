"""What becomes of statuses, redirects, headers and secrets."""

from __future__ import annotations

import logging
import secrets
import traceback
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from adapters.outbound.client import Outbound, Resume
from domain.errors import NotFound, ReelwrightError, Refused, Unavailable
from tests.fixtures.http import Page


@pytest.fixture
async def client():
    async with Outbound(allow_private=True) as outbound:
        yield outbound


async def error_of(client: Outbound, url: str) -> ReelwrightError:
    with pytest.raises(ReelwrightError) as raised:
        async with client.get(url):
            pass
    return raised.value


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
async def test_a_passing_trouble_may_be_tried_again(client, host, status):
    host.pages["/a"] = Page(status=status)
    error = await error_of(client, host.url("/a"))
    assert type(error) is Unavailable
    assert f"answered {status}" in str(error)


@pytest.mark.parametrize("status", [204, 206, 300, 304, 400, 401, 402, 403, 405, 416, 451, 499])
async def test_another_answer_is_final(client, host, status):
    host.pages["/a"] = Page(status=status)
    assert type(await error_of(client, host.url("/a"))) is Refused


@pytest.mark.parametrize("status", [404, 410])
async def test_what_is_gone_is_not_found(client, host, status):
    host.pages["/a"] = Page(status=status)
    assert type(await error_of(client, host.url("/a"))) is NotFound


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("7", 7.0), ("0", 0.0), ("99999999999", 3600.0), ("-5", None), ("soon", None), ("", None), ("1.5", None)],
)
async def test_a_throttling_server_says_when_to_come_back(client, host, said, seconds):
    host.pages["/a"] = Page(status=429, headers={"Retry-After": said})
    error = await error_of(client, host.url("/a"))
    assert isinstance(error, Unavailable)
    assert error.retry_after_seconds == seconds


async def test_it_may_say_so_with_a_date(client, host):
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    host.pages["/a"] = Page(status=503, headers={"Retry-After": later})
    error = await error_of(client, host.url("/a"))
    assert isinstance(error, Unavailable)
    assert error.retry_after_seconds == pytest.approx(90, abs=5)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_three_redirects_are_followed(client, host, status):
    for step in range(3):
        host.pages[f"/{step}"] = Page(status=status, headers={"Location": f"/{step + 1}?token=T"})
    host.pages["/3"] = Page(body=b"x")
    async with client.get(host.url("/0")) as answer:
        assert answer.status == 200
    assert [asked.path for asked in host.asked] == ["/0", "/1?token=T", "/2?token=T", "/3?token=T"]


async def test_a_fourth_redirect_is_not(client, host):
    host.pages["/loop"] = Page(status=302, headers={"Location": "/loop"})
    error = await error_of(client, host.url("/loop"))
    assert type(error) is Refused
    assert "redirects" in str(error)
    assert len(host.asked) == 4


async def test_a_redirect_without_an_address_is_refused(client, host):
    host.pages["/a"] = Page(status=302)
    assert type(await error_of(client, host.url("/a"))) is Refused


async def test_no_cookie_and_no_credential_is_ever_sent(client, host, monkeypatch, tmp_path):
    """The engine gets a list of headers that is complete; a cookie, a netrc file or a redirect adds nothing."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    host.pages["/a"] = Page(status=302, headers={"Location": "/b", "Set-Cookie": "id=1; Path=/"})
    host.pages["/b"] = Page(body=b"x", headers={"Set-Cookie": "id=2; Path=/"})
    for _ in range(2):
        async with client.get(host.url("/a"), resume=Resume(offset=1, etag='"a"'), accept=(200, 206)):
            pass
    expected = {"host", "user-agent", "accept", "accept-encoding", "connection", "range", "if-range"}
    assert len(host.asked) == 4
    assert all(set(asked.headers) == expected for asked in host.asked)
    assert host.asked[-1].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    "page",
    [
        Page(status=404),
        Page(status=500),
        Page(status=302, headers={"Location": "/a?sig=SECRET"}),
        Page(status=302, headers={"Location": "http://u:SECRET@localhost/"}),
        Page(body=b"x" * 10, headers={"Content-Encoding": "gzip"}),
        Page(body=b"x" * 99, cut_after=3),
    ],
)
async def test_a_signature_in_the_query_reaches_no_log_and_no_error(client, host, page, caplog, capsys, tmp_path):
    caplog.set_level(logging.INFO)
    secret = secrets.token_hex(16)
    page.headers = {name: value.replace("SECRET", secret) for name, value in page.headers.items()}
    host.pages["/a"] = page
    with pytest.raises(ReelwrightError) as raised, (tmp_path / "f").open("wb", buffering=0) as file:
        async with client.get(host.url(f"/a?sig={secret}")) as answer:
            await answer.save(file, most_bytes=1000, within_seconds=5)
    assert secret in host.asked[0].path
    told = [*traceback.format_exception(raised.value), caplog.text, *capsys.readouterr()]
    assert secret not in "".join(told)
