"""What a person should know of the chosen renderer, for `doctor`."""

from __future__ import annotations

from adapters.renderers.replicate.advice import advice
from adapters.renderers.replicate.model import Misconfigured
from adapters.renderers.replicate.profile import load_profile
from service.settings import ConfigurationError, Settings


def renderer_advice(settings: Settings) -> tuple[str, ...]:
    """Return what is doubtful of the renderer's settings; empty where nothing is. Raises ConfigurationError."""
    if settings.renderer != "replicate":
        return ()
    try:
        profile = load_profile(settings.replicate_profile)
    except Misconfigured as error:
        raise ConfigurationError(str(error)) from error
    return advice(profile, timeout_seconds=settings.render_timeout_seconds)
