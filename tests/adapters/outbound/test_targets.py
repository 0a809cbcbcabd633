"""Which URLs are fetched from at all, before anything is resolved."""

from __future__ import annotations

import pytest

from adapters.outbound.target import Target
from domain.errors import Refused

NOT_FETCHED = {
    "another scheme": "ftp://example.com/a.png",
    "a file": "file:///etc/passwd",
    "gopher": "gopher://127.0.0.1:6379/_INFO",
    "no scheme": "//example.com/a.png",
    "a path": "a.png",
    "nothing": "",
    "no host": "http:///a.png",
    "one slash": "http:/example.com/a.png",
    "a user": "https://user@example.com/",
    "a user and a password": "https://user:secret@example.com/",
    "a backslash before the host": "http://example.com\\@127.0.0.1/",
    "another port": "http://example.com:8080/",
    "the port of the other scheme": "http://example.com:443/",
    "port nought": "http://example.com:0/",
    "hexadecimal": "http://0x7f.1/",
    "hexadecimal in one": "http://0x7f000001/",
    "one number": "http://2130706433/",
    "a short address": "http://127.1/",
    "octal": "http://0177.0.0.1/",
    "a short octal": "http://0177.1/",
    "a number as the last label": "http://example.123/",
    "a number and a dot": "http://2130706433./",
    "two trailing dots": "http://example.com../",
    "an empty label": "http://example..com/",
    "a percent sign": "http://%31%32%37.0.0.1/",
    "an encoded dot": "http://localhost%2e/",
    "an encoded nought": "http://example.com%00.evil.test/",
    "circled digits": "http://①②⑦.⓪.⓪.①/",
    "wide digits": "http://\uff11\uff12\uff17.0.0.1/",
    "a bad punycode": "http://xn--/",
    "a zone": "http://[fe80::1%25eth0]/",
    "a future address": "http://[v1.x]/",
    "a label beyond 63": f"http://{'a' * 64}.com/",
    "a name beyond 253": f"http://{'a.' * 127}com/",
    "a line feed": "http://example.com/\r\nX: y",
    "very long": "http://example.com/" + "a" * 9000,
}


@pytest.mark.parametrize("url", NOT_FETCHED.values(), ids=NOT_FETCHED.keys())
def test_an_odd_url_is_refused(url):
    with pytest.raises(Refused) as refused:
        Target.read(url, any_port=False)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("https://example.com/a.png", "example.com", 443),
        ("https://EXAMPLE.com:443/a.png", "example.com", 443),
        ("http://example.com:80", "example.com", 80),
        ("http://example.com./a", "example.com", 80),
        ("http://127.0.0.1./", "127.0.0.1", 80),
        ("http://127。0。0。1/", "127.0.0.1", 80),
        ("http://[::FFFF:127.0.0.1]/", "::ffff:7f00:1", 80),
        ("https://bücher.example/", "xn--bcher-kva.example", 443),
        ("https://a_b-c.example/", "a_b-c.example", 443),
    ],
)
def test_a_url_names_one_host_and_one_port(url, host, port):
    target = Target.read(url, any_port=False)
    assert (target.host, target.port) == (host, port)


def test_any_port_may_be_opened_for_development():
    assert Target.read("http://localhost:8931/x?y", any_port=True).authority == "localhost:8931"


def test_a_host_header_has_brackets_around_an_ipv6_address():
    assert Target.read("http://[::1]:8080/", any_port=True).authority == "[::1]:8080"


def test_a_target_is_shown_without_its_query():
    target = Target.read("https://files.example/out.mp4?X-Signature=SECRET#part", any_port=False)
    assert str(target) == "https://files.example/out.mp4"
    assert target.resource == b"/out.mp4?X-Signature=SECRET"


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("/b", "https://one.example/b"),
        ("b?q=1", "https://one.example/dir/b"),
        ("//two.example/c", "https://two.example/c"),
        ("https://two.example:443/d", "https://two.example/d"),
    ],
)
def test_a_redirect_may_be_relative(location, shown):
    target = Target.read("https://one.example/dir/a", any_port=False)
    assert str(target.redirected(location, any_port=False)) == shown


@pytest.mark.parametrize(
    "location", ["http://one.example/b", "ftp://one.example/", "https://u:p@one.example/", "//0x1/"]
)
def test_a_redirect_to_less_than_a_url_we_fetch_is_refused(location):
    with pytest.raises(Refused):
        Target.read("https://one.example/a", any_port=False).redirected(location, any_port=False)
