"""The port `Renderer` on Replicate: an order becomes a prediction, and its answers become the domain's words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from adapters import clock
from adapters.renderers.image_files import ImageFiles
from adapters.renderers.replicate.client import Access, ReplicateClient
from adapters.renderers.replicate.mapping import Tree, build_input, check_scenes, digest, films_all, sent_seconds
from adapters.renderers.replicate.model import ModelRef
from adapters.renderers.replicate.profile import Profile, choose_model, load_profile
from adapters.renderers.replicate.progress import KNOWN_STATUSES, progress_of
from adapters.renderers.replicate.reconcile import Reconciler
from adapters.renderers.replicate.schema_check import check, published
from adapters.renderers.replicate.sent_images import SentImages
from domain.errors import NotFound, Unavailable
from domain.rendering import Found, RenderProgress, RenderRequest

CANCEL_AFTER_DEADLINE = timedelta(seconds=30)
"""Our own cancel comes first; the provider's is for the case that we are gone."""

MOST_WARNED_STATUSES = 100

log = structlog.get_logger(__name__)


class ReplicateRenderer:
    """Renders one model through one profile. Whether a render is created again is the caller's decision alone."""

    name = "replicate"
    bills = True

    def __init__(
        self,
        client: ReplicateClient,
        model: ModelRef,
        *,
        profile: Profile,
        images: ImageFiles,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._client = client
        self._ref = model
        self._profile = profile
        self._now = now
        self._images = SentImages(client, images, now=now)
        self._reconciler = Reconciler(client, model, self._images)
        self._warned: set[str] = set()

    @property
    def model(self) -> str | None:
        """Return the model as it was configured."""
        return self._ref.label

    async def check(self) -> None:
        """Hold the profile against the model's published schema; where there is none to ask, only warn.

        Raises Misconfigured for a field that the model does not take.
        """
        if not films_all(self._profile):
            log.warning("replicate_model_films_one_picture", model=self.model, refused="storyboards of several scenes")
        try:
            schema = await published(self._client, self._ref)
        except (Unavailable, NotFound) as error:
            log.warning("replicate_schema_not_checked", model=self.model, reason=str(error))
            return
        self._reconciler.learn(name=schema.name, version=schema.version)
        missing = check(self._profile, schema, model=self._ref.label)
        if schema.fields is None:
            log.warning("replicate_schema_not_checked", model=self.model, reason="the model publishes none")
        elif missing:
            log.warning("replicate_required_fields_missing", model=self.model, fields=missing)

    def request_hash(self, request: RenderRequest) -> str:
        """Name the input: equal for equal storyboards, unless the model takes a seed, which differs by token.

        Raises Refused for an image that cannot be sent.
        """
        return digest(self._ref.label, self._tree(request))

    def seconds_sent(self, request: RenderRequest) -> float | None:
        """Return the length of video that the input asks for; None where the model takes none."""
        return sent_seconds(self._tree(request), request, self._profile)

    async def prepare(self, request: RenderRequest) -> None:
        """Upload what is too large to be sent inside the input, so that `submit` is one call of limited length.

        Creates nothing and may be repeated. Raises Unavailable, Refused; refuses a storyboard that the model would film
        only the first image of.
        """
        check_scenes(request, self._profile)
        await self._images.sendable(self._tree(request))

    async def submit(self, request: RenderRequest) -> str:
        """Create the prediction, once, and return its id. Raises Unavailable, OutcomeUnknown, Refused.

        The create leaves within the create time limit of this call, or not at all: others count on that.
        """
        sent = await self._in_time(request)
        deadline = request.deadline + CANCEL_AFTER_DEADLINE
        prediction = await self._client.create(self._ref, sent, deadline=deadline)
        self._reconciler.learn(
            name=None if self._ref.endpoint == "deployment" else prediction.model,
            version=prediction.version if self._ref.version is None else None,
        )
        return prediction.id

    async def follow(self, render_id: str) -> RenderProgress:
        """Return how far it is, or how it ended. Raises Unavailable, NotFound: a list that lags may not show it yet."""
        prediction = await self._client.get(render_id)
        if prediction.status not in KNOWN_STATUSES:
            self._warn_of(self._client.clean(prediction.status), render_id)
        return progress_of(prediction, self._profile, now=self._now(), clean=self._client.clean)

    async def cancel(self, render_id: str) -> None:
        """Ask for an end; one that has ended is left alone. Raises Unavailable."""
        await self._client.cancel(render_id)

    async def find(self, request: RenderRequest, *, since: datetime) -> Found:
        """Return all renders of this input created at or after `since`, by our clock.

        Raises Unavailable when not all of the list could be read.
        """
        seed_field = self._profile.inputs.get("seed")
        return await self._reconciler.find(self._tree(request), seed_field=seed_field, since=since)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    async def _in_time(self, request: RenderRequest) -> dict[str, object]:
        limit = self._client.create_timeout_seconds
        try:
            async with asyncio.timeout(limit):
                return await self._images.sendable(self._tree(request))
        except TimeoutError as error:
            raise Unavailable(f"The images were not uploaded within {limit:g} s; nothing was created") from error

    def _tree(self, request: RenderRequest) -> Tree:
        return build_input(request, self._profile)

    def _warn_of(self, status: str, render_id: str) -> None:
        if status not in self._warned and len(self._warned) < MOST_WARNED_STATUSES:
            self._warned.add(status)
            log.warning("replicate_status_unknown", status=status, render_id=render_id)


def open_replicate(access: Access, *, model: str | None, profile: str | None, images: ImageFiles) -> ReplicateRenderer:
    """Return the renderer for what the settings say; nothing is asked over the network yet. Raises Misconfigured."""
    chosen = load_profile(profile)
    return ReplicateRenderer(ReplicateClient(access), choose_model(model, chosen), profile=chosen, images=images)
