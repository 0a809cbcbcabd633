"""Searches the provider's list for renders of an input."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from adapters.renderers.replicate.client import ReplicateClient
from adapters.renderers.replicate.mapping import ModelInput
from adapters.renderers.replicate.matching import Verdict, compare
from adapters.renderers.replicate.model import ModelRef
from adapters.renderers.replicate.prediction import Prediction
from adapters.renderers.replicate.sent_images import SentImages
from domain.rendering import Found

MOST_KNOWN_NAMES = 100

_PUBLISHED = re.compile(r"[0-9a-f]{64}")
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Reconciler:
    """Finds renders of one model, also under other names that the provider uses for it."""

    def __init__(self, client: ReplicateClient, model: ModelRef, images: SentImages) -> None:
        self._client = client
        self._model = model
        self._images = images
        self._names = {model.name.casefold()} if model.name and model.endpoint != "deployment" else set()
        self._versions = {model.version} if model.version else set()

    def learn(self, *, name: str | None, version: str | None) -> None:
        """Remember another name or version under which our own creates are listed."""
        if name and len(self._names) < MOST_KNOWN_NAMES:
            self._names.add(name.casefold())
        if version and version != "hidden" and len(self._versions) < MOST_KNOWN_NAMES:
            self._versions.add(version)

    async def find(self, model_input: ModelInput, *, seed_field: str | None, since: datetime) -> Found:
        """Return all predictions with this input, and those that cannot be compared.

        Raises Unavailable where the list could not be read to its end.
        """
        found: dict[str, Prediction] = {}
        unclear: list[str] = []
        async for item in self._client.predictions(since=since):
            if not self._is_same_model(item):
                continue
            match await self._verdict(model_input, item, seed_field):
                case Verdict.OURS:
                    found[item.id] = item
                case Verdict.UNCLEAR:
                    unclear.append(item.id)
                case Verdict.OTHER:
                    pass
        same = sorted(found, key=lambda render_id: (found[render_id].created_at or _LONG_AGO, render_id))
        return Found(same=tuple(same), unclear=tuple(unclear))

    async def _verdict(self, model_input: ModelInput, item: Prediction, seed_field: str | None) -> Verdict:
        echoed = None if item.data_removed and not item.input else item.input
        compared = compare(model_input, echoed, seed_field=seed_field, is_file=self._client.is_file_url)
        verdict = compared.verdict
        for sha256, url in compared.files:
            content = await self._images.content_of(url)
            if content is None:
                verdict = Verdict.UNCLEAR
            elif content != sha256:
                return Verdict.OTHER
        return verdict

    def _is_same_model(self, item: Prediction) -> bool:
        """Tell whether the item may be of our model; a hidden field excludes nothing."""
        model = self._model
        if model.endpoint == "deployment":
            asked = (model.name or "").casefold()
            return item.deployment is None or item.deployment.casefold() in (asked, asked.partition("/")[2])
        if item.version in self._versions:
            return True
        if model.version and item.version and _PUBLISHED.fullmatch(item.version):
            return False
        if item.model is None or not self._names:
            return True
        return item.model.casefold() in self._names
