"""Ends a process right before a chosen call by which it changes the world: files, provider, bus."""

from __future__ import annotations

import mmap
import shutil
import struct
import subprocess
from enum import IntEnum
from pathlib import Path
from typing import Self

SOURCE = Path(__file__).with_name("stop_at.c")
HEAD = struct.Struct("7i")
MOST_SEEN = 8000


class Kind(IntEnum):
    """What is told apart; the numbers are those of `stop_at.c`.

    ASK and SAY are all else that goes to the provider and to the bus.
    """

    ANY = 0
    DB_WRITE = 1
    DB_SYNC = 2
    POST = 3
    ASK = 4
    SAY = 5
    FILE_WRITE = 6
    FILE_SYNC = 7
    RENAME = 8
    ANNOUNCE = 9


class CannotStop(Exception):
    """This machine has no C compiler: nothing was proved."""


class StopAt:
    """The library, and the page of memory that the test shares with the process under it."""

    def __init__(self, folder: Path) -> None:
        compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
        if compiler is None:
            raise CannotStop(
                "KILL AT EVERY WRITE WAS NOT TESTED: no C compiler (cc, gcc or clang) is installed. "
                "Install one, for example with `apt install gcc libc6-dev`, and run this again."
            )
        self._library = folder / "stop_at.so"
        subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", self._library, SOURCE, "-ldl"], check=True)
        self._control = folder / "stop_at.control"
        self._control.write_bytes(bytes(HEAD.size + MOST_SEEN))
        with self._control.open("r+b") as file:
            self._page = mmap.mmap(file.fileno(), HEAD.size + MOST_SEEN)

    def settings(self, folder: Path, *, provider_port: int, nats_port: int) -> dict[str, str]:
        """Return what the process needs in its environment."""
        return {
            "LD_PRELOAD": str(self._library),
            "STOP_AT_CONTROL": str(self._control),
            "STOP_AT_FOLDER": str(folder),
            "STOP_AT_PROVIDER": str(provider_port),
            "STOP_AT_NATS": str(nats_port),
        }

    def arm(self, number: int, *, kind: Kind = Kind.ANY, after: Kind = Kind.ANY) -> None:
        """End the process right before its `number`-th call of a kind, counted from now, or from a call of `after`."""
        self._page[: HEAD.size] = HEAD.pack(0, after, kind, number, 0, 0, 0)
        self._page[:4] = struct.pack("i", 1)

    def disarm(self) -> None:
        self._page[:4] = struct.pack("i", 0)

    @property
    def seen(self) -> list[Kind]:
        """The calls since the last `arm`, in order."""
        count = min(HEAD.unpack(self._page[: HEAD.size])[6], MOST_SEEN)
        return [Kind(number) for number in self._page[HEAD.size : HEAD.size + count]]

    def close(self) -> None:
        self._page.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
