"""Makes the worker: the chosen renderer, the runner, and all that they need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from adapters.images.store import ImageStore
from adapters.outbound.client import Outbound
from adapters.renderers.noop import NoopRenderer
from adapters.renderers.replicate.client import Access
from adapters.renderers.replicate.model import Misconfigured
from adapters.renderers.replicate.redaction import Redaction
from adapters.renderers.replicate.renderer import ReplicateRenderer, open_for_stored_orders, open_replicate
from adapters.renderers.slideshow.renderer import SlideshowRenderer
from adapters.videos.download import Download
from adapters.videos.files import VideoFiles
from domain.cost import Prices
from domain.retry import RetryPolicy
from service.intake.approvals import Intake
from service.jobs.metrics import MeasuredStore, Metrics
from service.jobs.operations import JobOperations
from service.settings import ConfigurationError, RendererName, Settings, secrets
from service.wiring.clock import CLOCK, new_id
from service.wiring.operations import make_prices, operations_over, repository_over
from service.wiring.stores import Stores
from service.worker.downloading import Downloading
from service.worker.policy import RenderPolicy
from service.worker.provider_health import ProviderHealth
from service.worker.render_lookup import LookupAtRenderers
from service.worker.renderer import Renderer
from service.worker.renderers import Renderers
from service.worker.rendering import Rendering
from service.worker.runner import Places, Runner, WorkerTables
from service.worker.settling import Settling
from service.worker.step_loop import StepLoop
from service.worker.unexpected_errors import UnexpectedErrors

LOCAL_NAMES: tuple[RendererName, ...] = ("slideshow", "noop")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """The parts that work on jobs."""

    intake: Intake
    operations: JobOperations
    runner: Runner
    renderers: Renderers
    images: ImageStore
    videos: VideoFiles
    outbound: Outbound
    metrics: Metrics
    provider: ProviderHealth

    async def close(self) -> None:
        """End local renders and close outgoing connections."""
        await self.renderers.close()
        await self.outbound.aclose()


def make_worker(settings: Settings, stores: Stores) -> Worker:
    """Make the parts that work on jobs; nothing is started yet."""
    outbound = Outbound(allow_private=settings.allow_private_hosts)
    images = ImageStore(settings.data_dir / "images", outbound=outbound)
    staging_dir = settings.data_dir / "staging"
    videos = VideoFiles(
        settings.data_dir,
        staging_dir,
        Download(outbound, most_bytes=settings.download_max_bytes, within_seconds=settings.download_deadline_seconds),
    )
    metrics = Metrics()
    provider = ProviderHealth(is_local=settings.renderer != "replicate", now=CLOCK.now)
    renderers = make_renderers(settings, images, on_status=_outcome_callback(metrics, provider))
    events, prices = MeasuredStore(stores.events, metrics, monotonic=CLOCK.monotonic), make_prices(settings)
    repository = repository_over(settings, events)
    step_loop = _make_step_loop(settings, stores, renderers, videos, prices=prices, count_broken=metrics.count_broken)
    runner = Runner(
        repository,
        step_loop,
        WorkerTables(leases=stores.leases, versions=stores.jobs, waiting_for=stores.waiting_for),
        clock=CLOCK,
        places=Places(
            jobs=settings.concurrency,
            local_renders=settings.slideshow_workers if settings.renderer == "slideshow" else None,
        ),
        lease_seconds=settings.lease_seconds,
    )
    lookup = LookupAtRenderers(renderers)
    operations = operations_over(settings, repository, prices=lambda: prices, lookup=lookup, workers=runner)
    return Worker(
        intake=Intake(operations, events, stores.restores, monotonic=CLOCK.monotonic),
        operations=operations,
        runner=runner,
        renderers=renderers,
        images=images,
        videos=videos,
        outbound=outbound,
        metrics=metrics,
        provider=provider,
    )


def _outcome_callback(metrics: Metrics, provider: ProviderHealth) -> Callable[[str], None]:
    """Return the callback for the outcome of each request to the provider."""

    def record(code: str) -> None:
        metrics.provider_requests.labels(code).inc()
        provider.record(code)

    return record


def make_renderers(settings: Settings, images: ImageStore, *, on_status: Callable[[str], None]) -> Renderers:
    """Make the chosen renderer, and those that can end what was begun with them: the local ones, a known account."""
    local = [name for name in LOCAL_NAMES if name != settings.renderer]
    others = [_make_renderer(name, settings, images, on_status=on_status) for name in local]
    if settings.renderer != "replicate" and settings.replicate_api_token is not None:
        try:
            access = _access(settings, on_status)
            others.append(
                open_for_stored_orders(
                    access, model=settings.replicate_model, profile=settings.replicate_profile, images=images
                )
            )
        except Misconfigured as error:
            log.warning("replicate_cannot_be_asked", reason=str(error))
    return Renderers(_make_renderer(settings.renderer, settings, images, on_status=on_status), *others)


def _make_renderer(
    name: RendererName, settings: Settings, images: ImageStore, *, on_status: Callable[[str], None]
) -> Renderer:
    match name:
        case "slideshow":
            return SlideshowRenderer(images, settings.data_dir / "staging", workers=settings.slideshow_workers)
        case "noop":
            return NoopRenderer()
        case "replicate":
            return _make_replicate(settings, images, on_status=on_status)


def _make_replicate(settings: Settings, images: ImageStore, *, on_status: Callable[[str], None]) -> ReplicateRenderer:
    try:
        return open_replicate(
            _access(settings, on_status),
            model=settings.replicate_model,
            profile=settings.replicate_profile,
            images=images,
        )
    except Misconfigured as error:
        raise ConfigurationError(str(error)) from error


def _access(settings: Settings, on_status: Callable[[str], None]) -> Access:
    token = settings.replicate_api_token
    return Access(
        token=token.get_secret_value() if token else "",
        base_url=settings.replicate_base_url,
        create_timeout_seconds=settings.create_timeout_seconds,
        render_timeout_seconds=settings.render_timeout_seconds,
        on_status=on_status,
    )


def _make_step_loop(
    settings: Settings,
    stores: Stores,
    renderers: Renderers,
    videos: VideoFiles,
    *,
    prices: Prices,
    count_broken: Callable[[str], None],
) -> StepLoop:
    policy = RenderPolicy(
        retry=RetryPolicy(max_retries=settings.max_retries, backoff_seconds=settings.retry_backoff_seconds),
        prices=prices,
        timeout_seconds=settings.render_timeout_seconds,
        poll_seconds=settings.poll_interval_seconds,
        create_timeout_seconds=settings.create_timeout_seconds,
        settle_seconds=settings.create_settle_seconds,
        lease_seconds=settings.lease_seconds,
        download_seconds=settings.download_deadline_seconds,
    )
    rendering = Rendering(renderers, stores.renders, policy, new_id=new_id)
    downloading = Downloading(videos, renderers, prices=prices, threshold=settings.cost_variance_threshold)
    errors = UnexpectedErrors(policy, clean=Redaction(*secrets(settings)), count=count_broken)
    return StepLoop(rendering, downloading, Settling(rendering, prices), errors)
