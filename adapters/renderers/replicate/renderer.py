"""The port `Renderer` on Replicate: a render request becomes a prediction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from adapters import clock
from adapters.images.store import ImageStore
from adapters.renderers.replicate.client import Access, ReplicateClient
from adapters.renderers.replicate.mapping import (
    ModelInput,
    build_input,
    check_scenes,
    digest,
    films_all,
    read_input,
    sent_seconds,
    stored_input,
)
from adapters.renderers.replicate.model import ModelRef
from adapters.renderers.replicate.profile import Profile, choose_model, load_profile
from adapters.renderers.replicate.progress import KNOWN_STATUSES, progress_of
from adapters.renderers.replicate.reconcile import Reconciler
from adapters.renderers.replicate.schema_check import check, published
from adapters.renderers.replicate.sent_images import SentImages
from domain.errors import NotFound, Unavailable
from domain.rendering import Found, RenderOrder, RenderProgress, RenderRequest

CANCEL_AFTER_DEADLINE = timedelta(seconds=30)
"""Our own cancel comes first; the provider's is for the case that we are down."""

LISTED = timedelta(minutes=65)

MOST_WARNED_STATUSES = 100

log = structlog.get_logger(__name__)


class ReplicateRenderer:
    """Renders with one model and one profile. The caller alone decides whether a render is created again."""

    name = "replicate"
    bills = True

    def __init__(
        self,
        client: ReplicateClient,
        model: ModelRef,
        *,
        profile: Profile,
        images: ImageStore,
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
        """Return the model as configured."""
        return self._ref.label

    async def check(self) -> None:
        """Compare the profile with the schema of the model; warn where there is none.

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

    @property
    def account(self) -> str | None:
        """Return a hash of the base URL and the token."""
        return self._client.account

    def order_of(self, request: RenderRequest) -> RenderOrder:
        """Return the order, whose hash is equal for equal storyboards without a seed, which depends on the token.

        Raises Refused for an image that cannot be sent.
        """
        model_input = self._model_input(request)
        return RenderOrder(
            renderer=self.name,
            model=self.model,
            request_hash=digest(self._ref.label, model_input),
            account=self.account,
            input=stored_input(model_input),
            recall={"seed": self._profile.inputs.get("seed")},
            seconds_sent=sent_seconds(model_input, request, self._profile),
        )

    async def prepare(self, request: RenderRequest) -> RenderOrder:
        """Upload the images that are too large for the input, so that `submit` is one short call.

        Creates nothing and may be repeated. Raises Unavailable, Refused (also a storyboard of which the model would
        film the first image alone).
        """
        check_scenes(request, self._profile)
        await self._images.sendable(self._model_input(request))
        return self.order_of(request)

    async def submit(self, request: RenderRequest, order: RenderOrder) -> str:  # noqa: ARG002
        """Create the prediction, once, and return its id. Raises Unavailable, OutcomeUnknown, Refused.

        The create is sent within the create time limit of this call, or not at all: reconciling relies on it.
        """
        limit = self._client.create_timeout_seconds
        try:
            async with asyncio.timeout(limit):
                sendable = await self._images.sendable(self._model_input(request))
        except TimeoutError as error:
            raise Unavailable(f"The images were not uploaded within {limit:g} s; nothing was created") from error
        deadline = request.deadline + CANCEL_AFTER_DEADLINE
        prediction = await self._client.create(self._ref, sendable, deadline=deadline)
        self._reconciler.learn(
            name=None if self._ref.endpoint == "deployment" else prediction.model,
            version=prediction.version if self._ref.version is None else None,
        )
        return prediction.id

    async def follow(self, render_id: str, order: RenderOrder) -> RenderProgress:  # noqa: ARG002
        """Return the progress or the outcome. Raises Unavailable, NotFound (it may only be late)."""
        prediction = await self._client.get(render_id)
        if prediction.status not in KNOWN_STATUSES:
            self._warn_once(self._client.clean(prediction.status), render_id)
        return progress_of(prediction, self._profile, now=self._now(), clean=self._client.clean)

    async def cancel(self, render_id: str) -> None:
        """Cancel it; nothing happens where it has ended. Raises Unavailable."""
        await self._client.cancel(render_id)

    async def find(self, order: RenderOrder) -> Found:
        """Return all renders of a stored order. Raises Unavailable where the list could not be read to its end."""
        seed_field = (order.recall or {}).get("seed")
        since = self._now() - LISTED
        found = await self._reconciler.find(
            read_input(order.input or {}), seed_field=seed_field if isinstance(seed_field, str) else None, since=since
        )
        return replace(found, complete_since=since)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    def _model_input(self, request: RenderRequest) -> ModelInput:
        return build_input(request, self._profile)

    def _warn_once(self, status: str, render_id: str) -> None:
        if status not in self._warned and len(self._warned) < MOST_WARNED_STATUSES:
            self._warned.add(status)
            log.warning("replicate_status_unknown", status=status, render_id=render_id)


def open_replicate(
    access: Access,
    *,
    model: str | None,
    profile: str | None,
    images: ImageStore,
    now: Callable[[], datetime] = clock.now,
) -> ReplicateRenderer:
    """Return the renderer of the settings; makes no call yet. Raises Misconfigured."""
    chosen = load_profile(profile)
    ref = choose_model(model, chosen)
    return ReplicateRenderer(ReplicateClient(access, now=now), ref, profile=chosen, images=images, now=now)
