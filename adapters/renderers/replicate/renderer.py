"""The port `Renderer` on Replicate: a render request becomes a prediction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from adapters import clock
from adapters.images.store import ImageStore
from adapters.renderers.replicate.advice import advice
from adapters.renderers.replicate.client import Access, ReplicateClient
from adapters.renderers.replicate.kept_input import addresses_in, stored_input
from adapters.renderers.replicate.mapping import (
    ModelInput,
    build_input,
    check_scenes,
    digest,
    films_all,
    seed_of,
    sent_seconds,
)
from adapters.renderers.replicate.matching import Wanted
from adapters.renderers.replicate.model import Misconfigured, ModelRef
from adapters.renderers.replicate.names import ModelNames
from adapters.renderers.replicate.profile import Profile, choose_model, load_profile
from adapters.renderers.replicate.progress import KNOWN_STATUSES, progress_of
from adapters.renderers.replicate.recall import Reading, Recall
from adapters.renderers.replicate.reconcile import Reconciler
from adapters.renderers.replicate.render_list import LISTED, RenderList
from adapters.renderers.replicate.schema_check import check, published
from adapters.renderers.replicate.sent_images import SentImages, mark_of
from domain.errors import NotFound, Refused, Unavailable
from domain.rendering import Found, RenderOrder, RenderProgress, RenderRequest

CANCEL_AFTER_DEADLINE = timedelta(seconds=30)
"""Our own cancel comes first; the provider's is for the case that we are down."""

PROVIDER_CLOCK_MARGIN = timedelta(minutes=5)
SURELY_LISTED = LISTED - PROVIDER_CLOCK_MARGIN

MOST_WARNED_STATUSES = 100

log = structlog.get_logger(__name__)


class ReplicateRenderer:
    """Renders with one model and one profile. The caller alone decides whether a render is created again.

    Without a model it makes no renders, and only finds, follows and ends those of stored orders. Each render is read as
    its own order says.
    """

    name = "replicate"
    bills = True

    def __init__(
        self,
        client: ReplicateClient,
        model: ModelRef | None,
        *,
        profile: Profile,
        images: ImageStore,
        now: Callable[[], datetime] = clock.now,
        monotonic: Callable[[], float] = clock.monotonic,
    ) -> None:
        self._client = client
        self._ref = model
        self._profile = profile
        self._now = now
        self._images = SentImages(client, images, now=now)
        self._reconciler = Reconciler(self._images, renders=RenderList(client, monotonic=monotonic))
        self._names = ModelNames(model)
        self._warned: set[str] = set()

    @property
    def model(self) -> str | None:
        """Return the model as configured; None where no renders are made."""
        return None if self._ref is None else self._ref.label

    @property
    def account(self) -> str | None:
        """Return a hash of the base URL and the token."""
        return self._client.account

    async def check(self) -> None:
        """Compare the profile with the schema of the model; warn of what is doubtful, and where there is no schema.

        Raises Misconfigured for a field that the model does not take.
        """
        model = self._model()
        for text in advice(self._profile, timeout_seconds=self._client.render_timeout_seconds):
            log.warning("replicate_configuration_is_doubtful", model=self.model, advice=text)
        if not films_all(self._profile):
            log.warning("replicate_model_films_one_picture", model=self.model, refused="storyboards of several scenes")
        try:
            schema = await published(self._client, model)
        except (Unavailable, NotFound) as error:
            log.warning("replicate_schema_not_checked", model=self.model, reason=str(error))
            return
        self._names.learn(name=schema.name, version=schema.version)
        missing = check(self._profile, schema, model=model.label)
        if schema.fields is None:
            log.warning("replicate_schema_not_checked", model=self.model, reason="the model publishes none")
        elif missing:
            log.warning("replicate_required_fields_missing", model=self.model, fields=missing)

    def order_of(self, request: RenderRequest) -> RenderOrder:
        """Return the order without an upload, whose hash is equal for equal storyboards unless there is a seed.

        Raises Refused for an image that cannot be sent.
        """
        return self._order(request, self._model_input(request), addresses={})

    async def prepare(self, request: RenderRequest) -> RenderOrder:
        """Make the uploads, so that `submit` is one short call. Without a seed they are the mark of this request.

        Creates nothing and may be repeated. Raises Unavailable, Refused (also a storyboard of which the model would
        film the first image alone).
        """
        check_scenes(request, self._profile)
        model_input = self._model_input(request)
        if self._seed_field(request, model_input) is None:
            addresses = await self._images.marked(model_input, mark_of(request.token))
        else:
            addresses = await self._images.shared(model_input)
        return self._order(request, model_input, addresses=addresses)

    async def submit(self, request: RenderRequest, order: RenderOrder) -> str:
        """Create the prediction as the order says, once, and return its id.

        It is sent within the create time limit of this call, or not at all: reconciling relies on it.
        Raises Unavailable (nothing was created), OutcomeUnknown, Refused.
        """
        model, model_input, limit = self._model(), self._model_input(request), self._client.create_timeout_seconds
        addresses = addresses_in(order.input)
        if order.model != model.label or order.input != stored_input(model_input, addresses):
            raise Unavailable("The order was made under other settings; nothing was created")
        try:
            async with asyncio.timeout(limit):
                sendable = await self._images.sendable(model_input, addresses)
        except TimeoutError as error:
            raise Unavailable(f"The images were not read within {limit:g} s; nothing was created") from error
        deadline = request.deadline + CANCEL_AFTER_DEADLINE
        prediction = await self._client.create(model, sendable, deadline=deadline)
        self._names.learn(
            name=None if model.endpoint == "deployment" else prediction.model,
            version=prediction.version if model.version is None else None,
        )
        return prediction.id

    async def follow(self, render_id: str, order: RenderOrder) -> RenderProgress:
        """Return the progress or the outcome, read as the order says. Raises Unavailable, NotFound (it may be late)."""
        prediction = await self._client.get(render_id)
        if prediction.status not in KNOWN_STATUSES:
            self._warn_once(self._client.clean(prediction.status), render_id)
        recall = Recall.of(order.recall)
        return progress_of(
            prediction,
            (recall and recall.reading) or Reading.of(self._profile),
            now=prediction.seen_at or self._now(),
            ours=self._client.ours,
            clean=self._client.clean,
        )

    async def cancel(self, render_id: str) -> None:
        """Cancel it; nothing happens where it has ended. Raises Unavailable."""
        await self._client.cancel(render_id)

    async def find(self, order: RenderOrder) -> Found:
        """Return all renders of a stored order, as far back as the list shows inputs.

        Raises Unavailable where the list could not be read to its end, Refused where it never can be.
        """
        recall = Recall.of(order.recall) or Recall()
        if order.model == self.model:
            names, versions = {*recall.names, *self._names.names}, {*recall.versions, *self._names.versions}
            recall = recall.model_copy(update={"names": tuple(names), "versions": tuple(versions)})
        found = await self._reconciler.find(Wanted(input=order.input or {}, recall=recall))
        return replace(found, reaches_back=self._is_shown(recall.asked_at))

    def _is_shown(self, asked_at: datetime | None) -> bool:
        """Tell whether the list still shows what was asked for then, by the provider's clock at both times."""
        now = self._client.provider_time
        return asked_at is None or now is None or -PROVIDER_CLOCK_MARGIN <= now - asked_at <= SURELY_LISTED

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    def _model(self) -> ModelRef:
        if self._ref is None:
            raise Refused("no model is configured at this provider: it only ends what was begun with it")
        return self._ref

    def _model_input(self, request: RenderRequest) -> ModelInput:
        self._model()
        return build_input(request, self._profile)

    def _seed_field(self, request: RenderRequest, model_input: ModelInput) -> str | None:
        """Return the field of the seed, None where there is none, or a choice has taken its place."""
        field = self._profile.inputs.get("seed")
        return field if field is not None and model_input[field] == seed_of(request.token) else None

    def _order(self, request: RenderRequest, model_input: ModelInput, *, addresses: dict[str, str]) -> RenderOrder:
        model, seed_field = self._model(), self._seed_field(request, model_input)
        is_marked = seed_field is None and bool(addresses)
        recall = Recall(
            by="seed" if seed_field else "mark" if is_marked else "input",
            seed_field=seed_field,
            mark=mark_of(request.token) if is_marked else None,
            endpoint=model.endpoint,
            deployment=model.name if model.endpoint == "deployment" else None,
            names=self._names.names,
            versions=self._names.versions,
            reading=Reading.of(self._profile),
            asked_at=self._client.provider_time,
        )
        return RenderOrder(
            renderer=self.name,
            model=model.label,
            request_hash=digest(model.label, model_input, token=request.token if is_marked else None),
            account=self.account,
            profile=self._profile.fingerprint,
            seed=seed_of(request.token) if seed_field else None,
            input=stored_input(model_input, addresses),
            recall=recall.stored,
            seconds_sent=sent_seconds(model_input, request, self._profile),
        )

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


def open_for_stored_orders(
    access: Access, *, model: str | None, profile: str | None, images: ImageStore
) -> ReplicateRenderer:
    """Return a renderer that ends what was begun with it; without a usable model or profile it makes no renders.

    Raises Misconfigured for an account that cannot be asked.
    """
    try:
        return open_replicate(access, model=model, profile=profile, images=images)
    except Misconfigured:
        return ReplicateRenderer(ReplicateClient(access), None, profile=Profile(), images=images)
