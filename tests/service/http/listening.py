"""A reader of the live stream as a browser is one: frames by their fields, comments apart."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

PATIENCE_SECONDS = 10.0


@dataclass(kw_only=True)
class Heard:
    id: int | None
    event: str
    data: dict | None


@dataclass
class Listener:
    response: httpx.Response
    comments: int = 0
    last_id: int | None = None
    _lines: AsyncIterator[str] = field(init=False)

    def __post_init__(self) -> None:
        self._lines = self.response.aiter_lines()

    async def next(self) -> Heard:
        """Return the next frame that has data, waiting a while."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            fields: dict[str, str] = {}
            async for line in self._lines:
                if line.startswith(":"):
                    self.comments += 1
                elif line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                else:
                    self.last_id = int(fields.get("id", self.last_id or 0))
                    if "data" in fields:
                        return Heard(id=self.last_id, event=fields["event"], data=json.loads(fields["data"]))
                    fields = {}
            raise EOFError("the stream ended")

    async def take(self, count: int) -> list[Heard]:
        return [await self.next() for _ in range(count)]


@asynccontextmanager
async def listening(url: str, *, last_id: int | None = None, query: str = "") -> AsyncIterator[Listener]:
    headers = {} if last_id is None else {"Last-Event-ID": str(last_id)}
    async with (
        httpx.AsyncClient(base_url=url, timeout=PATIENCE_SECONDS) as client,
        client.stream("GET", f"/api/stream{query}", headers=headers) as response,
    ):
        assert response.status_code == 200, await response.aread()
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Listener(response)
