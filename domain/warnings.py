"""What a person should check though the job continues, for example a video that is not as requested."""

from __future__ import annotations

from dataclasses import dataclass

from domain.storyboard import OutputWishes

LENGTH_TOLERANCE = 0.10
"""How much shorter or longer a video may be without a warning, as a fraction of the requested length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobWarning:
    """`field` is its name in an approval; `scene` counts from 1, None: the whole job."""

    field: str
    scene: int | None = None
    message: str
    did_you_mean: str | None = None


def not_as_asked(
    wishes: OutputWishes, *, asked_seconds: float, seconds: float, width: int, height: int
) -> tuple[JobWarning, ...]:
    """Compare a finished video with the requested length and sides."""
    found = []
    if abs(seconds - asked_seconds) > LENGTH_TOLERANCE * asked_seconds:
        message = f"The video is {seconds:.2f} s long, and {asked_seconds:.2f} s were asked for"
        found.append(JobWarning(field="duration_seconds", message=message))
    for side, wished, has in (("width", wishes.width, width), ("height", wishes.height, height)):
        if wished not in (None, has):
            message = f"The video is {width} x {height} pixels, and a {side} of {wished} was wished for"
            found.append(JobWarning(field=f"output.{side}", message=message))
    return tuple(found)
