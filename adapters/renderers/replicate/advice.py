"""What a person should know of a configuration that works. Pure."""

from __future__ import annotations

from adapters.renderers.replicate.profile import Profile

LONGEST_RUN_SECONDS = 30 * 60.0
"""The provider ends every run then, unless its support has raised it for an account:
https://replicate.com/docs/topics/predictions/lifecycle (Timeouts)."""

BY_INPUT = (
    "the profile maps no seed: a render whose answer was lost is recognised by an upload that was made for it, or by "
    "its input alone where no image is sent from here. A lone match may then be another program's on the same account: "
    "give Reelwright an account of its own, or a model with a seed"
)


def advice(profile: Profile, *, timeout_seconds: float | None) -> tuple[str, ...]:
    """Return what is doubtful of a profile and a time limit for a render; empty where nothing is."""
    found = [] if "seed" in profile.inputs else [BY_INPUT]
    if timeout_seconds is not None and timeout_seconds > LONGEST_RUN_SECONDS:
        found.append(
            f"a render may take {timeout_seconds:g} s (REELWRIGHT_RENDER_TIMEOUT_SECONDS), but the provider ends every "
            f"run after {LONGEST_RUN_SECONDS:g} s"
        )
    return tuple(found)
