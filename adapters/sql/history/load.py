"""An exported history loaded into an empty database, in one transaction: all of it, or nothing stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import BinaryIO

import sqlalchemy as sa

from adapters.sql.database import Database
from adapters.sql.history.histories import Unfoldable, fold, page
from adapters.sql.history.history_lines import FORMAT, FORMAT_VERSION, LONGEST_LINE_BYTES, Footer, Header, Line, decode
from adapters.sql.history.rebuild import write_jobs
from adapters.sql.history.restores import count_unfinished, mark
from adapters.sql.log.codec import Codec
from adapters.sql.log.seal import chain
from adapters.sql.tables import CHECKPOINTS, EVENT_COLUMNS, EVENTS, LOG_HEAD, RENDER_COLUMNS, RENDERS, insert_into
from domain.errors import Refused, VersionConflict

BATCH_EVENTS = 250
PAGE_JOBS = 100
RELAY = "video"
"""The name of the relay's checkpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What was imported."""

    events: int
    jobs: int
    hash: str


class UnfinishedJobs(Refused):
    """The history has jobs that have not ended: where it comes from, somebody may still work on them."""


async def load(
    database: Database,
    file: BinaryIO,
    *,
    restored_at: datetime | None,
    takes_over: bool = True,
    progress: Callable[[str], None],
    codec: Codec | None = None,
) -> Loaded:
    """Load a whole history and derive the rest. `restored_at` is None where nothing was lost since the export.

    `takes_over`: nobody works on these jobs any more; else a history with unfinished ones raises UnfinishedJobs.
    Raises VersionConflict when the database holds events, Refused for a file that is damaged, cut or partial, and
    for a history that this program cannot read; Unavailable. Nothing is changed then.
    """

    def work(connection: sa.Connection) -> Loaded:
        footer = _load_events(connection, file, progress)
        jobs = _derive(connection, codec or Codec(), progress)
        if not takes_over and (unfinished := count_unfinished(connection)):
            raise UnfinishedJobs(f"{unfinished} jobs of this history have not ended")
        _mark_announced(connection, footer.last_position)
        if restored_at is not None:
            mark(connection, restored_at, how="import")
        return Loaded(events=footer.events, jobs=jobs, hash=footer.hash)

    return await database.write(work)


def _load_events(connection: sa.Connection, file: BinaryIO, progress: Callable[[str], None]) -> Footer:
    """The head is locked first: a running service appends before or after the import, not in between."""
    locked = sa.select(LOG_HEAD.c.position, LOG_HEAD.c.hash).where(LOG_HEAD.c.id == 1).with_for_update()
    position, digest = connection.execute(locked).one()
    if position or connection.execute(sa.select(EVENTS.c.position).limit(1)).first():
        raise VersionConflict(f"the database holds {position} events; an import fills an empty one")
    reader = HistoryReader(file, hash=bytes(digest))
    events = reader.events()
    while batch := [*islice(events, BATCH_EVENTS)]:
        connection.execute(sa.insert(EVENTS), [_row(line) for line in batch])
        progress(f"{reader.position} events read")
    footer = reader.footer()
    moved = {"position": reader.position, "hash": reader.hash}
    if reader.position:
        moved["recorded_at"] = reader.recorded_at
    connection.execute(sa.update(LOG_HEAD).where(LOG_HEAD.c.id == 1).values(moved))
    return footer


class HistoryReader:
    """Reads the lines of a whole history and checks the chain. Raises Refused where it is damaged."""

    def __init__(self, file: BinaryIO, *, hash: bytes) -> None:  # noqa: A002 - as in `Line`
        self._file, self._number = file, 0
        self.position, self.hash, self.recorded_at = 0, hash, ""
        self._header = self._read_header()

    def events(self) -> Iterator[Line]:
        """Yield the events; the header says how many there are."""
        while self.position < self._header.events:
            line = decode(self._line(), Line, number=self._number)
            where = f"line {self._number}"
            if line.position != self.position + 1:
                raise Refused(f"{where}: position {self.position + 1} is missing")
            self.hash = chain(self.hash, line.fields)
            if line.hash != self.hash.hex():
                raise Refused(f"{where}: job {line.job_id}, version {line.version}: its hash does not match")
            if line.recorded_at < self.recorded_at:
                raise Refused(f"{where}: it was recorded before the event that it follows")
            self.position, self.recorded_at = line.position, line.recorded_at
            yield line

    def footer(self) -> Footer:
        """Read the last line, which must agree with the events, and the end of the file."""
        footer = decode(self._line(), Footer, number=self._number)
        if (footer.events, footer.last_position, footer.hash) != (self.position, self.position, self.hash.hex()):
            raise Refused(f"line {self._number}: the last line does not fit the events before it")
        if self._file.read(1):
            raise Refused(f"line {self._number}: the file goes on behind its last line")
        return footer

    def _read_header(self) -> Header:
        header = decode(self._line(), Header, number=1)
        if header.format != FORMAT or header.version > FORMAT_VERSION:
            raise Refused(f"the file is {header.format} version {header.version}: update reelwright, or name another")
        if header.jobs or header.events != header.last_position:
            raise Refused("the file holds only some jobs: a whole history is needed, as `reelwright export` writes it")
        return header

    def _line(self) -> bytes:
        self._number += 1
        line = self._file.readline(LONGEST_LINE_BYTES)
        if not line:
            raise Refused(f"line {self._number} is missing: the file was cut off")
        return line


def _row(line: Line) -> dict[str, object]:
    return dict(zip(EVENT_COLUMNS, (*line.fields, bytes.fromhex(line.hash)), strict=True))


def _derive(connection: sa.Connection, codec: Codec, progress: Callable[[str], None]) -> int:
    """Make the rows of jobs and renders, and a lease for every job; return how many jobs."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ANALYZE events")  # the planner does not know the new rows yet
    after, jobs = "", 0
    while stored := page(connection, after=after, limit=PAGE_JOBS):
        try:
            folded = [fold(job, codec) for job in stored]
        except Unfoldable as error:
            raise Refused(f"position {error.position}, version {error.version} of its job: {error}") from error
        write_jobs(connection, [row for row, _ in folded])
        renders = [dict(zip(RENDER_COLUMNS, row, strict=True)) for _, rows in folded for row in rows.values()]
        if renders:
            connection.execute(sa.insert(RENDERS), renders)
        after, jobs = stored[-1].job_id, jobs + len(stored)
        progress(f"{jobs} jobs made")
    return jobs


def _mark_announced(connection: sa.Connection, position: int) -> None:
    """Set the relay's checkpoint: the events were announced where they come from."""
    values = {"name": RELAY, "position": position, "sequence": 0}
    statement = insert_into(connection, CHECKPOINTS).values(values)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))
