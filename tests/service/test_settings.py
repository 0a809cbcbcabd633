"""Settings come from the environment; an error names the setting to change."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import pytest

from service.settings import ConfigurationError, Settings, load_settings, variable

PROMISED = {
    "REELWRIGHT_NATS_URL": None,
    "REELWRIGHT_DATABASE_URL": None,
    "REELWRIGHT_DATA_DIR": Path("DATA"),
    "REELWRIGHT_RENDERER": "slideshow",
    "REPLICATE_API_TOKEN": None,
    "REELWRIGHT_REPLICATE_BASE_URL": "https://api.replicate.com/v1",
    "REELWRIGHT_REPLICATE_MODEL": None,
    "REELWRIGHT_REPLICATE_PROFILE": None,
    "REELWRIGHT_PRICE_PER_IMAGE": Decimal("0.003"),
    "REELWRIGHT_PRICE_PER_SECOND": Decimal("0.10"),
    "REELWRIGHT_COST_VARIANCE_THRESHOLD": Decimal("1.2"),
    "REELWRIGHT_MAX_RETRIES": 2,
    "REELWRIGHT_RETRY_BACKOFF_SECONDS": 30.0,
    "REELWRIGHT_RENDER_TIMEOUT_SECONDS": 600.0,
    "REELWRIGHT_POLL_INTERVAL_SECONDS": 5.0,
    "REELWRIGHT_CREATE_TIMEOUT_SECONDS": 10.0,
    "REELWRIGHT_CREATE_SETTLE_SECONDS": 30.0,
    "REELWRIGHT_LEASE_SECONDS": 10.0,
    "REELWRIGHT_CONCURRENCY": 100,
    "REELWRIGHT_DOWNLOAD_MAX_BYTES": 2147483648,
    "REELWRIGHT_DOWNLOAD_DEADLINE_SECONDS": 3300.0,
    "REELWRIGHT_HTTP_HOST": "127.0.0.1",
    "REELWRIGHT_HTTP_PORT": 8000,
    "REELWRIGHT_API_TOKEN": None,
    "REELWRIGHT_ALLOW_PRIVATE_HOSTS": False,
    "REELWRIGHT_LOG_FORMAT": "auto",
    "REELWRIGHT_LOG_LEVEL": "info",
}
SECONDS = [variable(field) for field in Settings.model_fields if field.endswith("_seconds")]


def wrong(**environ: str) -> str:
    with pytest.raises(ConfigurationError) as error:
        load_settings(environ)
    return str(error.value)


@pytest.mark.parametrize("name", PROMISED)
def test_a_setting_has_its_promised_name_and_default(name: str) -> None:
    fields = {variable(field): field for field in Settings.model_fields}
    assert getattr(load_settings({}), fields[name]) == PROMISED[name]


def test_what_does_not_begin_with_our_name_is_not_ours() -> None:
    assert load_settings({"PATH": "x", "REEL_X": "1", "NATS_URL": "nats://x"}) == load_settings({})


def test_an_empty_value_counts_as_unset() -> None:
    assert load_settings({"REELWRIGHT_HTTP_PORT": "", "REPLICATE_API_TOKEN": ""}) == load_settings({})


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("REELWRIGHT_HTTP_PROT", "REELWRIGHT_HTTP_PORT"),
        ("REELWRIGHT_NATS_URLS", "REELWRIGHT_NATS_URL"),
        ("REELWRIGHT_REPLICATE_API_TOKEN", "REPLICATE_API_TOKEN"),
    ],
)
def test_an_unknown_name_is_an_error_that_names_the_nearest_one(name: str, meant: str) -> None:
    """For REELWRIGHT_REPLICATE_API_TOKEN it once named our own API token: the wrong secret would have been set."""
    assert wrong(**{name: "x"}) == f"{name} is not a setting of Reelwright. Did you mean {meant}?"


def test_an_unknown_name_like_none_says_where_the_list_is() -> None:
    assert wrong(REELWRIGHT_QQQQQQQ="1").endswith("`reelwright config` lists every setting.")


@pytest.mark.parametrize("name", SECONDS)
@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "soon"])
def test_seconds_are_above_zero(name: str, value: str) -> None:
    assert name in wrong(**{name: value})


@pytest.mark.parametrize("name", SECONDS)
def test_seconds_take_decimals(name: str) -> None:
    fields = {variable(field): field for field in Settings.model_fields}
    assert getattr(load_settings({name: "0.25"}), fields[name]) == 0.25


@pytest.mark.parametrize("name", SECONDS)
def test_seconds_that_no_calendar_can_hold_are_refused(name: str) -> None:
    """A backoff of 1e12 s was once accepted, and the first failed attempt got a time that `datetime` cannot hold."""
    assert name in wrong(**{name: "1e12"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REELWRIGHT_HTTP_PORT", "65536"),
        ("REELWRIGHT_HTTP_PORT", "-1"),
        ("REELWRIGHT_HTTP_PORT", "http"),
        ("REELWRIGHT_CONCURRENCY", "0"),
        ("REELWRIGHT_MAX_RETRIES", "-1"),
        ("REELWRIGHT_MAX_RETRIES", "21"),
        ("REELWRIGHT_PRICE_PER_IMAGE", "-0.1"),
        ("REELWRIGHT_PRICE_PER_SECOND", "nan"),
        ("REELWRIGHT_PRICE_PER_SECOND", "1e30"),
        ("REELWRIGHT_PRICE_PER_SECOND", "0.0000000000001"),
        ("REELWRIGHT_COST_VARIANCE_THRESHOLD", "1e999999"),
        ("REELWRIGHT_DOWNLOAD_MAX_BYTES", "0"),
        ("REELWRIGHT_ALLOW_PRIVATE_HOSTS", "perhaps"),
        ("REELWRIGHT_RENDERER", "blender"),
        ("REELWRIGHT_LOG_LEVEL", "loud"),
        ("REELWRIGHT_LOG_FORMAT", "xml"),
    ],
)
def test_a_wrong_value_is_named_and_shown(name: str, value: str) -> None:
    text = wrong(**{name: value})
    assert text.startswith(f"{name}: ")
    assert repr(value) in text


def test_every_wrong_setting_is_named_at_once() -> None:
    assert len(wrong(REELWRIGHT_HTTP_PORT="x", REELWRIGHT_CONCURRENCY="0").splitlines()) == 2


@pytest.mark.parametrize(("value", "allowed"), [("true", True), ("1", True), ("false", False), ("no", False)])
def test_a_switch_is_read_as_people_write_it(value: str, allowed: bool) -> None:
    assert load_settings({"REELWRIGHT_ALLOW_PRIVATE_HOSTS": value}).allow_private_hosts is allowed


def test_money_is_exact() -> None:
    assert load_settings({"REELWRIGHT_PRICE_PER_IMAGE": "0.1"}).price_per_image == Decimal("0.1")


def test_port_zero_asks_for_a_free_one() -> None:
    assert load_settings({"REELWRIGHT_HTTP_PORT": "0"}).http_port == 0


def test_secrets_are_not_shown() -> None:
    settings = load_settings({"REPLICATE_API_TOKEN": "r8_secret", "REELWRIGHT_API_TOKEN": "also secret"})
    assert "secret" not in f"{settings!r} {settings} {settings.model_dump_json()}"
    assert settings.api_token is not None
    assert settings.api_token.get_secret_value() == "also secret"


def test_the_database_is_a_file_in_the_data_directory_unless_one_is_named(tmp_path: Path) -> None:
    assert load_settings({"REELWRIGHT_DATA_DIR": str(tmp_path)}).database == f"sqlite:///{tmp_path}/reelwright.db"
    url = "postgresql://db/reelwright"
    assert load_settings({"REELWRIGHT_DATABASE_URL": url}).database == url


def test_a_relative_data_directory_is_found_from_where_the_program_was_started() -> None:
    assert load_settings({}).database == f"sqlite:///{os.getcwd()}/DATA/reelwright.db"  # noqa: PTH109


@pytest.mark.parametrize(
    ("url", "servers"),
    [("", []), ("nats://a:4222", ["nats://a:4222"]), (" nats://a , nats://b,", ["nats://a", "nats://b"])],
)
def test_several_nats_servers_are_named_with_commas(url: str, servers: list[str]) -> None:
    assert load_settings({"REELWRIGHT_NATS_URL": url}).nats_servers == servers


def test_replicate_wants_a_token() -> None:
    text = wrong(REELWRIGHT_RENDERER="replicate", REELWRIGHT_REPLICATE_MODEL="owner/name")
    assert "REPLICATE_API_TOKEN is not set" in text
    assert "REELWRIGHT_RENDERER=slideshow" in text


def test_replicate_wants_a_model_or_a_profile() -> None:
    token = {"REELWRIGHT_RENDERER": "replicate", "REPLICATE_API_TOKEN": "r8_x"}
    assert "REELWRIGHT_REPLICATE_MODEL nor REELWRIGHT_REPLICATE_PROFILE" in wrong(**token)
    assert load_settings({**token, "REELWRIGHT_REPLICATE_MODEL": "owner/name"}).replicate_model == "owner/name"
    assert load_settings({**token, "REELWRIGHT_REPLICATE_PROFILE": "own.json"}).replicate_profile == "own.json"
