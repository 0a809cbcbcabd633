"""Makes the operations on jobs: for a service, and for verbs that work without one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from adapters.renderers.replicate.model import Misconfigured
from adapters.renderers.replicate.profile import load_profile
from domain.cost import Prices
from domain.rendering import LOCAL_RENDERERS
from service.jobs.event_store import EventStore
from service.jobs.operations import JobOperations, Workers
from service.jobs.render_lookup import RenderLookup
from service.jobs.repository import JobRepository
from service.settings import ConfigurationError, Settings
from service.wiring.clock import CLOCK, new_id
from service.wiring.stores import Stores


def make_operations(settings: Settings, stores: Stores, *, lookup: RenderLookup | None = None) -> JobOperations:
    """Make the operations for a verb. The profile is read only when a price is needed."""
    repository = repository_over(settings, stores.events)
    return operations_over(settings, repository, prices=partial(make_prices, settings), lookup=lookup)


def operations_over(
    settings: Settings,
    repository: JobRepository,
    *,
    prices: Callable[[], Prices],
    lookup: RenderLookup | None = None,
    workers: Workers | None = None,
) -> JobOperations:
    """Make the operations on the jobs of a repository."""
    return JobOperations(
        repository,
        prices=prices,
        now=CLOCK.now,
        download_seconds=settings.download_deadline_seconds,
        lookup=lookup,
        workers=workers,
        bills=settings.renderer not in LOCAL_RENDERERS,
    )


def repository_over(settings: Settings, events: EventStore) -> JobRepository:
    """Make the repository. With the renderer `noop` the metadata of every event says so."""
    metadata = {"renderer": "noop"} if settings.renderer == "noop" else {}
    return JobRepository(events, new_id=new_id, metadata=metadata)


def make_prices(settings: Settings) -> Prices:
    """Return the prices of an image and of a video; a price in the profile goes before the setting.

    Raises ConfigurationError where the profile cannot be read.
    """
    prices = Prices(per_image=settings.price_per_image, per_second=settings.price_per_second)
    if settings.renderer != "replicate":
        return prices
    try:
        price = load_profile(settings.replicate_profile).price
    except Misconfigured as error:
        raise ConfigurationError(str(error)) from error
    if price is None:
        return prices
    is_metered = price.metric is not None
    return replace(prices, per_second=price.amount, unit=price.per, is_metered=is_metered)
