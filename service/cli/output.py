"""Output: results on stdout, all else on stderr; tables with colours and lines on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Literal

import click

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
CELL_GAP = "  "


def say(text: str) -> None:
    """Print something that is not the result."""
    click.echo(text, err=True)


def emit(text: str) -> None:
    """Print a part of the result."""
    click.echo(text)


def emit_result(value: object, text: str, *, as_json: bool) -> None:
    """Print a result: `value` as JSON, or `text`."""
    if as_json:
        emit_json(value)
    else:
        emit(text)


def emit_json(value: object) -> None:
    """Print a result as one line of JSON."""
    from service.jobs.views import to_json  # noqa: PLC0415 - not every call prints JSON

    click.echo(to_json(value).decode())


def emit_table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, right: Sequence[str] = ()) -> None:
    """Print a table; the columns in `right` are aligned to the right."""
    cells = [["" if cell is None else clean(str(cell)) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _emit_rich(columns, cells, right)
    else:
        _emit_plain(columns, cells, right)


def emit_facts(facts: Mapping[str, object]) -> None:
    """Print names and values, one pair a line, without values that are None."""
    known = {name: clean(str(value)) for name, value in facts.items() if value is not None}
    width = max(map(len, known), default=0)
    for name, value in known.items():
        emit(f"  {name:<{width}}  {value}")


def clean(text: str) -> str:
    """Escape control characters: texts may come from outside."""
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)


def _emit_rich(columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str]) -> None:
    from rich import box  # noqa: PLC0415 - for terminals only
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for column in columns:
        # Names and numbers are for copying: only the text of the last column may be wrapped.
        justify: Literal["left", "right"] = "right" if column in right else "left"
        table.add_column(column, justify=justify, overflow="fold", no_wrap=column != columns[-1])
    for row in rows:
        table.add_row(*map(Text, row))
    Console(highlight=False).print(table)


def _emit_plain(columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str]) -> None:
    widths = [max(map(len, parts)) for parts in zip(columns, *rows, strict=True)]
    for row in (columns, *rows):
        cells = (
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, cell, width in zip(columns, row, widths, strict=True)
        )
        emit(CELL_GAP.join(cells).rstrip())
