"""Every setting, read once from the environment. A wrong value or name is an error that says what is right."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from domain.cost import LARGEST_PRICE, PRICE_PLACES
from domain.errors import ReelwrightError
from service.urls import fault_of

PREFIX = "REELWRIGHT_"
TOKEN_NAME = "REPLICATE_API_TOKEN"  # noqa: S105 - the name of a variable, not a secret

LONGEST_SECONDS = 365 * 24 * 3600
"""Longer ones are mistakes, and a time computed with them may be later than `datetime` can hold."""
Seconds = Annotated[float, Field(gt=0, le=LONGEST_SECONDS, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]
Port = Annotated[int, Field(ge=0, le=65535)]
Money = Annotated[Decimal, Field(ge=0, le=LARGEST_PRICE, decimal_places=PRICE_PLACES, allow_inf_nan=False)]


RendererName = Literal["slideshow", "replicate", "noop"]


class ConfigurationError(ReelwrightError):
    """A setting is wrong; the text names it and what would be right."""


class Settings(BaseModel):
    """One field for each variable, named as in the environment without the prefix, in lower case."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    nats_url: str | None = Field(default=None, description="comma-separated for a cluster; unset: an embedded server")
    nats_port: Port | None = Field(default=None, description="port of the embedded server; unset: 4222 or a free one")
    nats_replicas: Annotated[int, Field(ge=1, le=5)] = Field(
        default=1, description="copies of each stream in a cluster"
    )
    database_url: str | None = Field(default=None, description="postgresql://… ; unset: SQLite in the data directory")
    data_dir: Path = Field(default=Path("DATA"), description="videos, images, the embedded servers' files")
    renderer: RendererName = Field(
        default="slideshow", description="slideshow: on this machine; replicate: at a provider; noop: renders nothing"
    )
    replicate_api_token: SecretStr | None = Field(
        default=None, description="the secret of your account at the provider"
    )
    replicate_base_url: str = Field(default="https://api.replicate.com/v1", description="where the provider answers")
    replicate_model: str | None = Field(default=None, description="owner/name, owner/name:version or a version")
    replicate_profile: str | None = Field(default=None, description="a file, or the name of a shipped profile")
    price_per_image: Money = Field(default=Decimal("0.003"), description="USD for each image, once per job")
    price_per_second: Money = Field(default=Decimal("0.10"), description="USD for each second of each paid attempt")
    cost_variance_threshold: Money = Field(
        default=Decimal("1.2"), description="a warning when a job costs more than its estimate times this"
    )
    max_retries: Annotated[int, Field(ge=0, le=20)] = Field(
        default=2, description="how often a failed render is tried again"
    )
    retry_backoff_seconds: Seconds = Field(
        default=30.0, description="wait before the first retry; three times as long before each further one"
    )
    render_timeout_seconds: Seconds = Field(default=600.0, description="how long one render may take")
    poll_interval_seconds: Seconds = Field(default=5.0, description="how often the provider is asked")
    create_timeout_seconds: Seconds = Field(default=10.0, description="how long one create may take")
    create_settle_seconds: Seconds = Field(default=30.0, description="how late the provider may list a create")
    lease_seconds: Seconds = Field(default=10.0, description="how long a worker that stopped keeps its jobs")
    concurrency: Count = Field(default=100, description="jobs in flight in one process")
    slideshow_workers: Count = Field(default=2, description="local renders at the same time in one process")
    download_max_bytes: Count = Field(default=2147483648, description="the largest video that is downloaded")
    download_deadline_seconds: Seconds = Field(default=3300.0, description="how long a failing download is tried again")
    video_retention_days: Annotated[float, Field(gt=0, le=36500, allow_inf_nan=False)] | None = Field(
        default=None, description="after a job's end; then its video file is removed. unset: kept for ever"
    )
    http_host: str = Field(default="127.0.0.1", description="where the page and the HTTP interface listen")
    http_port: Port = Field(default=8000, description="0: a free one")
    api_token: SecretStr | None = Field(
        default=None, description="the secret that every caller of /api must send; unset: open to all"
    )
    allow_private_hosts: bool = Field(
        default=False, description="fetch from loopback and private addresses: for development"
    )
    announce_again_seconds: Seconds = Field(
        default=86400.0, description="how far back events are announced again after a lost stream"
    )
    log_format: Literal["auto", "json", "console"] = Field(
        default="auto", description="auto: text on a terminal, else JSON lines"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="the lowest level that is logged"
    )

    @property
    def database(self) -> str:
        """The database's URL; SQLite in the data directory unless one is named."""
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'reelwright.db'}"

    @property
    def nats_servers(self) -> list[str]:
        """The URLs of the servers, each with its scheme; empty for the embedded one."""
        named = filter(None, map(str.strip, (self.nats_url or "").split(",")))
        return [url if "://" in url else f"nats://{url}" for url in named]


def secrets(settings: Settings) -> tuple[str, ...]:
    """Return all secrets that are set. They must not get into events, logs or answers."""
    found = (getattr(settings, field) for field in Settings.model_fields)
    return tuple(value.get_secret_value() for value in found if isinstance(value, SecretStr))


def variable(field: str) -> str:
    """Return the name of a field's environment variable."""
    return TOKEN_NAME if field == TOKEN_NAME.lower() else PREFIX + field.upper()


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings; an empty value counts as unset. Raises ConfigurationError for a wrong value or name."""
    known = {variable(field): field for field in Settings.model_fields}
    given = {name: value for name, value in environ.items() if name.startswith(PREFIX) or name == TOKEN_NAME}
    for name in given:
        if name not in known:
            raise ConfigurationError(f"{name} is not a setting of Reelwright. {_hint(name, known)}")
    try:
        settings = Settings.model_validate({known[name]: value for name, value in given.items() if value != ""})
    except ValidationError as error:
        raise ConfigurationError(_explain(error)) from error
    _check_addresses(settings)
    _check_renderer(settings)
    return settings


def _hint(name: str, known: Collection[str]) -> str:
    bare = name.removeprefix(PREFIX)
    close = [bare] if bare in known else difflib.get_close_matches(name, known, n=1)
    return f"Did you mean {close[0]}?" if close else "`reelwright config` lists every setting."


def _check_addresses(settings: Settings) -> None:
    """Refuse addresses that cannot be read, without quoting them: they may hold a password."""
    faults = [("nats_url", fault_of(url, schemes=("nats", "tls", "ws", "wss"))) for url in settings.nats_servers]
    if (url := settings.database_url) is not None and not url.startswith("sqlite"):
        scheme, separator, rest = url.partition("://")
        plain = f"{scheme.partition('+')[0]}{separator}{rest}"
        faults.append(("database_url", fault_of(plain, schemes=("postgresql", "postgres", "sqlite"))))
    for field, fault in faults:
        if fault is not None:
            raise ConfigurationError(f"{variable(field)}: {fault}")


def _check_renderer(settings: Settings) -> None:
    if settings.renderer != "replicate":
        return
    if settings.replicate_api_token is None:
        raise ConfigurationError(
            f"REELWRIGHT_RENDERER is replicate, but {TOKEN_NAME} is not set. "
            "Set it, or use REELWRIGHT_RENDERER=slideshow, which needs no account."
        )
    if settings.replicate_model is None and settings.replicate_profile is None:
        raise ConfigurationError(
            "REELWRIGHT_RENDERER is replicate, but neither REELWRIGHT_REPLICATE_MODEL nor REELWRIGHT_REPLICATE_PROFILE "
            "names a model. Set one of them, for example REELWRIGHT_REPLICATE_MODEL=owner/name."
        )


def _explain(error: ValidationError) -> str:
    lines = []
    for problem in error.errors():
        name = variable(str(problem["loc"][0]))
        value = "" if name.endswith(("_TOKEN", "_URL")) else f" (it is {problem['input']!r})"
        lines.append(f"{name}: {problem['msg']}{value}")
    return "\n".join(lines)
