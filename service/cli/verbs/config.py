"""`reelwright config`: every setting, its value and where it is from."""

from __future__ import annotations

import os

import click
from pydantic import SecretStr

from service.cli.output import emit_json, emit_table, json_option
from service.cli.session import read_settings
from service.settings import Settings, variable
from service.urls import HIDDEN, without_password


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
    return {
        "name": name,
        "value": _without_secrets(getattr(settings, field)),
        "source": "environment" if os.environ.get(name) else "default",
        "description": Settings.model_fields[field].description or "",
    }


def _without_secrets(value: object) -> object:
    match value:
        case None | bool() | int() | float():
            return value
        case SecretStr():
            return HIDDEN
        case str() if "://" in value or "@" in value:
            return ",".join(map(without_password, value.split(",")))
        case _:
            return str(value)
