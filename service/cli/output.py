"""Where words go: results on stdout, everything else on stderr; tables for eyes on a terminal, plain text for pipes."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

import click

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
CELL_GAP = "  "


def say(text: str) -> None:
    """Tell the person something that is not the result."""
    click.echo(text, err=True)


def emit(text: str) -> None:
    """Print a part of the result."""
    click.echo(text)


def emit_json(value: object) -> None:
    """Print a result for programs, as one line."""
    from service.jobs.views import to_json  # noqa: PLC0415 - not every call prints JSON

    click.echo(to_json(value).decode())


def emit_table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, right: Sequence[str] = ()) -> None:
    """Print rows under their columns; those in `right` hold figures."""
    cells = [["" if cell is None else clean(str(cell)) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _emit_rich(columns, cells, right)
    else:
        _emit_plain(columns, cells, right)


def emit_facts(facts: Mapping[str, object], *, indent: str = "  ") -> None:
    """Print names and values below each other, without those that are None."""
    known = {name: clean(str(value)) for name, value in facts.items() if value is not None}
    width = max(map(len, known), default=0)
    for name, value in known.items():
        emit(f"{indent}{name:<{width}}  {value}")


def clean(text: str) -> str:
    """Show control characters instead of obeying them: much of this text came from outside."""
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)


def _emit_rich(columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str]) -> None:
    from rich import box  # noqa: PLC0415 - for terminals only
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for column in columns:
        # Names and figures are for copying: only the words of the last column may be broken.
        table.add_column(
            column,
            justify="right" if column in right else "left",
            overflow="fold",
            no_wrap=column != columns[-1],
        )
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
