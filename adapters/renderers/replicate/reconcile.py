"""Searches the provider's list for the render of a stored order."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime

from adapters.renderers.replicate.client import is_file_url
from adapters.renderers.replicate.comparing import FileFacts
from adapters.renderers.replicate.matching import ShownRender, Verdict, Wanted, verdict_of
from adapters.renderers.replicate.render_list import RenderList, UnfinishedReading
from adapters.renderers.replicate.sent_images import SentImages
from domain.rendering import Found

LOOKS_BETWEEN_PAUSES = 200
"""So many renders are compared before others may run."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Reconciler:
    """Finds renders of one account, whatever they were made with."""

    def __init__(self, images: SentImages, *, renders: RenderList) -> None:
        self._images = images
        self._list = renders

    async def find(self, wanted: Wanted) -> Found:
        """Return all renders that are ours, oldest first, and those of which nobody can tell.

        A list that is not yet read to its end may show what is ours beyond doubt, and nothing more.
        Raises Unavailable, Refused (the list cannot be read to its end).
        """
        try:
            reading = await self._list.read()
        except UnfinishedReading as error:
            found = await self._sort(wanted, error.renders) if wanted.recall.by != "input" else Found()
            if not found.same or error.read_at is None:
                raise
            return Found(same=found.same, complete_since=error.read_at)
        found = await self._sort(wanted, reading.renders)
        return Found(same=found.same, unclear=found.unclear, complete_since=reading.complete_since)

    async def _sort(self, wanted: Wanted, renders: Iterable[ShownRender]) -> Found:
        same: list[ShownRender] = []
        unclear: list[ShownRender] = []
        for number, listed in enumerate(renders, start=1):
            match await self._verdict(wanted, listed):
                case Verdict.OURS:
                    same.append(listed)
                case Verdict.UNCLEAR:
                    unclear.append(listed)
                case Verdict.OTHER:
                    pass
            if number % LOOKS_BETWEEN_PAUSES == 0:
                await asyncio.sleep(0)
        return Found(same=_ids(same), unclear=_ids(unclear))

    async def _verdict(self, wanted: Wanted, listed: ShownRender) -> Verdict:
        """Return whose a render is; uploads are asked for only where they decide."""
        verdict, uploads = verdict_of(wanted, listed, is_file=is_file_url)
        if uploads:
            known: dict[str, FileFacts | None] = {url: await self._images.facts_of(url) for url in uploads}
            verdict, _ = verdict_of(wanted, listed, is_file=is_file_url, known=known)
        return verdict


def _ids(renders: list[ShownRender]) -> tuple[str, ...]:
    return tuple(one.id for one in sorted(renders, key=lambda one: (one.created_at or _LONG_AGO, one.id)))
