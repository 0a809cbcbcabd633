"""How a summary stands in the columns of `jobs`: by the names of its fields, written and read by their types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final, get_args, get_type_hints

from domain.summary import JobSummary
from domain.times import read_time, time_text

_BATCH_MOMENTS: Final = 64
"""Rows that are written together have few different times among them."""


def without_nul(text: str) -> str:
    """Return what PostgreSQL's text can hold; the event keeps it as it came."""
    return text.replace("\x00", "")


def _type_of(hint: object) -> object:
    """Return the type of a field, without the None that it may be instead."""
    return next((part for part in get_args(hint) if part is not type(None)), hint)


_WRITERS: Final[Mapping[object, Callable[[Any], object] | None]] = {
    str: without_nul,
    int: None,
    Decimal: str,
    datetime: lru_cache(_BATCH_MOMENTS)(time_text),
}
_READERS: Final[Mapping[object, Callable[[Any], object] | None]] = {
    str: None,
    int: None,
    Decimal: Decimal,
    datetime: read_time,
}
_TYPES: Final = {name: _type_of(hint) for name, hint in get_type_hints(JobSummary).items()}
_VALUES: Final = attrgetter(*_TYPES)
_TO_COLUMN: Final = [(at, write) for at, kind in enumerate(_TYPES.values()) if (write := _WRITERS[kind])]
_FROM_COLUMN: Final = [(name, read) for name, kind in _TYPES.items() if (read := _READERS[kind])]


def summary_columns(summary: JobSummary) -> list[object]:
    """Return the columns of a summary, in the order of its fields. Every append pays for this."""
    columns = [*_VALUES(summary)]
    for at, write in _TO_COLUMN:
        if columns[at] is not None:
            columns[at] = write(columns[at])
    return columns


def read_summary(row: Mapping[str, Any]) -> JobSummary:
    """Return the summary in a row of `jobs`; other columns are left aside. Raises Refused when a time is damaged."""
    fields = {name: row[name] for name in _TYPES}
    for name, read in _FROM_COLUMN:
        if fields[name] is not None:
            fields[name] = read(fields[name])
    return JobSummary(**fields)
