"""A summary as columns of `jobs`: named like its fields, converted by their types."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from types import NoneType
from typing import Any, Final, get_args, get_type_hints

from domain.summary import JobSummary
from domain.times import read_time, time_text

_BATCH_MOMENTS: Final = 64
"""Rows that are written together have few different times."""


def _without_nul(text: str) -> str:
    """PostgreSQL's text holds no NUL; the event keeps it."""
    return text.replace("\x00", "")


_Convert = Callable[[Any], object]
_WRITERS: Final[Mapping[object, _Convert | None]] = {
    str: _without_nul,
    int: None,
    Decimal: str,
    datetime: lru_cache(_BATCH_MOMENTS)(time_text),
}
_READERS: Final[Mapping[object, _Convert | None]] = {str: None, int: None, Decimal: Decimal, datetime: read_time}


def _conversions(known: Mapping[object, _Convert | None]) -> Iterator[tuple[int, str, _Convert]]:
    """Yield index, name and conversion of each field that needs one."""
    for index, (name, hint) in enumerate(get_type_hints(JobSummary).items()):
        kind = next((part for part in get_args(hint) if part is not NoneType), hint)
        convert = known[kind]
        if convert is not None:
            yield index, name, convert if kind is hint else _unless_none(convert)


def _unless_none(convert: _Convert) -> _Convert:
    return lambda value: None if value is None else convert(value)


_TO_COLUMN: Final = [(index, write) for index, _, write in _conversions(_WRITERS)]
_FROM_COLUMN: Final = [(name, read) for _, name, read in _conversions(_READERS)]


def summary_columns(summary: JobSummary) -> list[object]:
    """Return the columns of a summary, in the order of its fields. Every append calls this."""
    columns: list[Any] = [*summary]
    for index, write in _TO_COLUMN:
        columns[index] = write(columns[index])
    return columns


def read_summary(row: Mapping[str, Any]) -> JobSummary:
    """Return the summary in a row of `jobs`; other columns are ignored. Raises Refused when a time is damaged."""
    found = {name: row[name] for name in JobSummary._fields}
    for name, read in _FROM_COLUMN:
        found[name] = read(found[name])
    return JobSummary(**found)
