"""Addresses with passwords: no error text and no shown address holds a password."""

from __future__ import annotations

import pytest

from service.settings import ConfigurationError, load_settings
from service.urls import fault_of, host_of, is_loopback, place_of, without_password

POSTGRES = "REELWRIGHT_DATABASE_URL"
NATS = "REELWRIGHT_NATS_URL"
SECRETS = ["hunter", "tiger", "wing"]


@pytest.mark.parametrize(
    "password",
    ["hunter#tiger", "hunter/tiger", "hunter?tiger", "hunter@tiger", "hunter[tiger", "hunter]tiger", "12/wing"],
)
@pytest.mark.parametrize(
    ("name", "url"),
    [
        (POSTGRES, "postgresql://ada:{}@db.example:5432/films"),
        (POSTGRES, "postgresql+asyncpg://ada:{}@db.example/films?sslmode=require"),
        (NATS, "nats://ada:{}@bus.example:4222"),
        (NATS, "tls://ada:{}@bus.example"),
        (NATS, "nats://one.example:4222, nats://ada:{}@two.example:4222"),
    ],
)
def test_a_password_that_no_address_can_hold_is_refused_and_not_told(name: str, url: str, password: str) -> None:
    """Of `p#ss` an error text once printed the `p`: the part before the `#` was taken for a port."""
    with pytest.raises(ConfigurationError) as refused:
        load_settings({name: url.format(password)})
    said = str(refused.value)
    assert said.startswith(f"{name}: it cannot be read. ")
    assert "# as %23" in said
    assert not [secret for secret in SECRETS if secret in said]


@pytest.mark.parametrize(
    ("name", "url"),
    [
        (POSTGRES, "postgresql://ada:p%23ss%40%2F@db.example:5432/films?sslmode=require"),
        (POSTGRES, "postgres://db.example/films"),
        (POSTGRES, "postgresql:///films?host=/var/run/postgresql"),
        (POSTGRES, "sqlite:////var/lib/a#b@c?.db"),
        (NATS, "nats://ada:p%23ss@bus.example:4222"),
        (NATS, "bus.example:4222"),
        (NATS, "bus.example"),
        (NATS, "nats://a-token@bus.example,nats://two.example"),
        (NATS, "wss://bus.example/path"),
    ],
)
def test_what_can_be_read_is_taken(name: str, url: str) -> None:
    load_settings({name: url})


@pytest.mark.parametrize(
    ("name", "url", "wanted"),
    [
        (POSTGRES, "mysql://ada:hunter@db.example/films", "postgresql:// or postgres:// or sqlite://"),
        (POSTGRES, "hunter", "postgresql:// or postgres:// or sqlite://"),
        (NATS, "http://ada:hunter@bus.example", "nats:// or tls:// or ws:// or wss://"),
    ],
)
def test_an_address_of_something_else_says_what_is_wanted(name: str, url: str, wanted: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_settings({name: url})
    assert str(refused.value) == f"{name}: an address begins with {wanted}"


@pytest.mark.parametrize(
    ("url", "shown", "place"),
    [
        ("nats://bus.example:4222", "nats://bus.example:4222", "nats://bus.example:4222"),
        ("nats://a-token@bus.example", "nats://(hidden)@bus.example", "nats://bus.example"),
        (
            "postgresql://ada:hunter@db.example/films?sslmode=require&password=tiger",
            "postgresql://(hidden)@db.example/films?sslmode=require&password=(hidden)",
            "postgresql://db.example/films",
        ),
        ("nats://ada:[hunter@bus.example", "(hidden)", "(hidden)"),
        ("nats://ada:hunter@two@bus.example", "nats://(hidden)@bus.example", "nats://bus.example"),
        ("https://api.replicate.com/v1", "https://api.replicate.com/v1", "https://api.replicate.com/v1"),
    ],
)
def test_an_address_is_shown_without_its_password(url: str, shown: str, place: str) -> None:
    assert (without_password(url), place_of(url)) == (shown, place)


def test_an_address_without_a_scheme_is_shown_without_its_password_too() -> None:
    assert without_password("ada:hunter@bus.example:4222") == "(hidden)@bus.example:4222"
    assert without_password("bus.example:4222") == "bus.example:4222"


@pytest.mark.parametrize(
    ("host", "stays_here"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("0.0.0.0", False),
        ("192.168.0.1", False),
        ("", False),
        (None, False),
    ],
)
def test_only_this_machine_is_loopback(host: str | None, stays_here: bool) -> None:
    assert is_loopback(host) is stays_here


def test_a_host_is_what_would_be_called() -> None:
    assert host_of("http://127.0.0.1:80@evil.example/") == "evil.example"
    assert host_of("http://[::1]:8000") == "::1"
    assert host_of("") is None
    assert fault_of("nats://ada@bus.example", schemes=("nats",)) is None
