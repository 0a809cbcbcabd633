"""From a storyboard to the input of the model. Images in it are `SceneImage` until they are sent."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias, Union
from urllib.parse import unquote_to_bytes

from adapters.renderers.replicate.profile import Length, Profile, StoryboardField
from domain.errors import Refused
from domain.rendering import RenderRequest
from domain.storyboard import Scene, total_seconds

LARGEST_SEED = 2**31 - 1
"""Models take 32-bit seeds, many of them signed."""

_STORED = re.compile(r"/?api/images/(?P<sha256>[0-9a-f]{64})")


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneImage:
    """A scene's image. `sha256` is of the bytes where we send them, None where the provider fetches the URL."""

    scene: int
    url: str
    sha256: str | None = None


Value: TypeAlias = Union[str, int, float, bool, SceneImage, "list[Value]", "dict[str, Value]", None]
ModelInput: TypeAlias = dict[str, Value]


def build_input(request: RenderRequest, profile: Profile) -> ModelInput:
    """Return the input: constants and storyboard under the model's field names, without what is unknown.

    The same request gives the same input, also after a restart. Raises Refused for an image that cannot be sent.
    """
    values = _values(request)
    model_input: ModelInput = {**profile.constants}
    for ours, theirs in profile.inputs.items():
        if values.get(ours) is not None:
            model_input[theirs] = _nearest(values[ours], profile.choices.get(theirs, ()))
    if profile.length is not None:
        seconds, per_second = total_seconds(_scenes(request)), _amount_per_second(profile.length, request, profile)
        model_input[profile.length.field] = _length(seconds * per_second, profile.length)
    return model_input


def films_all(profile: Profile) -> bool:
    """Tell whether the model takes the images of a whole storyboard."""
    return "image_urls" in profile.inputs


def check_scenes(request: RenderRequest, profile: Profile) -> None:
    """Raise Refused where the model would film only the first of several images."""
    scenes = len(_scenes(request))
    if scenes > 1 and not films_all(profile):
        raise Refused(f"The model films one picture, and the storyboard has {scenes}")


def sent_seconds(model_input: ModelInput, request: RenderRequest, profile: Profile) -> float | None:
    """Return the length of video that an input asks for, in seconds; None where the model takes none."""
    if (length := profile.length) is not None:
        amount = _size(model_input[length.field])
        return None if amount is None else amount / _amount_per_second(length, request, profile)
    if "duration" in profile.inputs:
        return _size(model_input.get(profile.inputs["duration"]))
    return total_seconds(_scenes(request)) if "durations" in profile.inputs else None


def seed_of(token: str) -> int:
    """Return the seed by which a request is found again: always the same for one token."""
    return int.from_bytes(hashlib.sha256(token.encode()).digest()[:8]) % LARGEST_SEED + 1


def canonical(value: Value) -> object:
    """Return the value with each of our images named by its content, wherever it was uploaded."""
    match value:
        case SceneImage(sha256=None):
            return value.url
        case SceneImage():
            return {"sha256": value.sha256}
        case dict():
            return {key: canonical(part) for key, part in value.items()}
        case list():
            return [canonical(part) for part in value]
        case _:
            return value


def digest(model: str, model_input: ModelInput, *, token: str | None = None) -> str:
    """Return the SHA-256 (hex) of a model and its canonical input; with a token it is that of one request alone."""
    content = {"model": model, "input": canonical(model_input), **({"token": token} if token else {})}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def data_url_bytes(url: str) -> bytes:
    """Return the content of a `data:` URL (RFC 2397). Raises ValueError where it is none."""
    head, comma, body = url.partition(",")
    if not comma:
        raise ValueError("a data: URL needs a comma")
    if not head.lower().endswith(";base64"):
        return unquote_to_bytes(body)
    try:
        return base64.b64decode(unquote_to_bytes(body), validate=True)
    except binascii.Error as error:
        raise ValueError(f"a data: URL with broken base64: {error}") from error


def _scenes(request: RenderRequest) -> tuple[Scene, ...]:
    return tuple(scene for scene in request.scenes if request.scene in (None, scene.scene_number))


def _values(request: RenderRequest) -> Mapping[StoryboardField, Value]:
    scenes, output = _scenes(request), request.output
    if not scenes:
        raise Refused(f"the storyboard has no scene {request.scene}")
    images: list[Value] = [_image(scene) for scene in scenes]
    prompts = [scene.description for scene in scenes]
    seconds = total_seconds(scenes)
    sized = output.width is not None and output.height is not None
    return {
        "image_urls": images,
        "first_image": images[0],
        "last_image": images[-1] if len(images) > 1 else None,
        "prompt": "\n".join(filter(None, prompts)) or None,
        "prompts": [*prompts],
        "seed": seed_of(request.token),
        "duration": int(seconds) if seconds == int(seconds) else seconds,
        "durations": [scene.duration_seconds for scene in scenes],
        "fps": output.fps,
        "resolution": f"{min(output.width or 0, output.height or 0)}p" if sized else None,
        "width": output.width,
        "height": output.height,
        "aspect_ratio": _ratio(output.width or 1, output.height or 1) if sized else None,
    }


def _image(scene: Scene) -> SceneImage:
    url = scene.image_url
    if url[:5].lower() == "data:":
        try:
            content = data_url_bytes(url)
        except ValueError as error:
            raise Refused(f"Scene {scene.scene_number}: {error}") from error
        return SceneImage(scene=scene.scene_number, url=url, sha256=hashlib.sha256(content).hexdigest())
    if url.lower().startswith(("http://", "https://")):
        return SceneImage(scene=scene.scene_number, url=url)
    if stored := _STORED.fullmatch(url):
        return SceneImage(scene=scene.scene_number, url=url, sha256=stored["sha256"])
    raise Refused(f"Scene {scene.scene_number}: an image is an http(s) or data: URL, or /api/images/ and its SHA-256")


def _ratio(width: int, height: int) -> str:
    divisor = math.gcd(width, height)
    return f"{width // divisor}:{height // divisor}"


def _amount_per_second(length: Length, request: RenderRequest, profile: Profile) -> float:
    """Return how many units of the length are one second: the frame rate, or 1."""
    if length.unit == "seconds":
        return 1.0
    sent_fps = request.output.fps if "fps" in profile.inputs else None
    return sent_fps or length.frames_per_second or 1.0


def _length(amount: float, length: Length) -> float | int:
    if length.minimum is not None:
        amount = max(amount, length.minimum)
    if length.maximum is not None:
        amount = min(amount, length.maximum)
    rounded = _rounded(amount, length)
    return int(rounded) if rounded == int(rounded) else rounded


def _rounded(amount: float, length: Length) -> float:
    if not length.allowed:
        return _whole(amount, length)
    match length.rounding:
        case "up":
            return min((one for one in length.allowed if one >= amount), default=max(length.allowed))
        case "down":
            return max((one for one in length.allowed if one <= amount), default=min(length.allowed))
        case "nearest":
            return min(length.allowed, key=lambda one: (abs(one - amount), one))


def _whole(amount: float, length: Length) -> float:
    match length.rounding:
        case "up":
            return math.ceil(amount)
        case "down":
            return math.floor(amount)
        case "nearest":
            return round(amount)


def _nearest(value: Value, choices: tuple[float | str, ...]) -> Value:
    if not choices or value in choices:
        return value
    wanted = _size(value)
    sized = [(size, choice) for choice in choices if (size := _size(choice)) is not None]
    if wanted is None or not sized:
        return value
    # Of two equally near ones the smaller costs less.
    _, best = min(sized, key=lambda pair: (round(abs(math.log(pair[0] / wanted)), 9), pair[0]))
    return int(best) if isinstance(best, float) and best == int(best) else best


def _size(value: object) -> float | None:
    """Return the number in 720, "720p" or "16:9" (a ratio), None where there is none above zero."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if value > 0 else None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(?:\s*[:x]\s*(\d+(?:\.\d+)?)|\D*)", value) if isinstance(value, str) else None
    if found is None or float(found[1]) == 0 or (found[2] is not None and float(found[2]) == 0):
        return None
    return float(found[1]) / float(found[2] or 1)
