"""`reelwright config`: every setting, its value, and where that is from."""

from __future__ import annotations

import os

import click
from pydantic import SecretStr

from service.cli.output import emit_json, emit_table, json_option
from service.cli.session import read_settings
from service.settings import Settings, variable

HIDDEN = "(hidden)"


@click.command()
@json_option
def config(*, as_json: bool) -> None:
    """Show every setting, its value and where it is from; secrets stay hidden."""
    settings = read_settings()
    rows = [_row(settings, field) for field in Settings.model_fields]
    if as_json:
        emit_json({"settings": rows})
        return
    columns = ("name", "value", "source", "description")
    emit_table(columns, [[row[column] for column in columns] for row in rows])


def _row(settings: Settings, field: str) -> dict[str, object]:
    name = variable(field)
    value = getattr(settings, field)
    return {
        "name": name,
        "value": _shown(value),
        "source": "environment" if os.environ.get(name) else "default",
        "description": Settings.model_fields[field].description or "",
    }


def _shown(value: object) -> object:
    match value:
        case None | bool() | int() | float():
            return value
        case SecretStr():
            return HIDDEN
        case str() if "@" in value:
            return _without_password(value)
        case _:
            return str(value)


def _without_password(urls: str) -> str:
    """Hide what stands between `//` and `@` in each of the addresses."""
    parts = []
    for url in urls.split(","):
        scheme, slashes, rest = url.partition("//")
        who, at, where = rest.rpartition("@")
        parts.append(f"{scheme}{slashes}{HIDDEN if who else ''}{at}{where}")
    return ",".join(parts)
