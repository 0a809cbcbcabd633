"""Makes an MP4 of images and their lengths. Synchronous, for a worker thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from threading import Event

import av
from av.video.reformatter import ColorRange
from av.video.stream import VideoStream

from adapters.renderers.slideshow.images import BadImage, prepare
from adapters.renderers.slideshow.motion import Timeline, View
from adapters.renderers.slideshow.planes import BT709, Planes, crop, mix, to_frame, to_planes
from adapters.renderers.slideshow.screen import Screen, even
from domain.rendering import Running

OVERSAMPLING = 1.15
"""Images are kept this much larger than the frame, so that the closest view is sharp."""

ENCODER_THREADS = 2
"""Fixed: each thread keeps frames in memory, and a large machine would have dozens."""

KEYFRAME_SECONDS = 2
QUALITY = {"preset": "veryfast", "crf": "20", "rc-lookahead": "5"}
"""The short lookahead saves 36 MB at 1080p; no difference can be seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One scene: a local image and how long it is shown."""

    scene_number: int
    image: Path
    seconds: float


class Stopped(Exception):
    """The film was stopped before its end."""


class BadScene(Exception):
    """A scene cannot be shown; the text names it and says why. `permanent`: a retry does not help."""

    def __init__(self, scene_number: int, reason: str, *, permanent: bool = True) -> None:
        super().__init__(f"Scene {scene_number}: {reason}")
        self.permanent = permanent


class Film:
    """One rendering. `stop` ends it within a frame; `report` is called after every frame."""

    def __init__(
        self, shots: Sequence[Shot], screen: Screen, *, stop: Event, report: Callable[[Running], None]
    ) -> None:
        self._shots = shots
        self._screen = screen
        self._stop = stop
        self._report = report
        self._timeline = Timeline([shot.seconds for shot in shots])
        self._frames = max(1, round(self._timeline.seconds * screen.fps))
        self._ready: dict[int, Planes] = {}

    def write(self, target: Path) -> None:
        """Render to `target`. Raises Stopped, BadScene, OSError; then the file is not complete."""
        with av.open(f"file:{target}", mode="w", format="mp4", options={"movflags": "+faststart"}) as container:
            stream = container.add_stream("libx264", rate=self._screen.fps, options=QUALITY)
            self._set_up(stream)
            for frame in self._all_frames():
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))

    def _set_up(self, stream: VideoStream) -> None:
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = self._screen.width, self._screen.height, "yuv420p"
        context.time_base = Fraction(1, self._screen.fps)
        context.gop_size = KEYFRAME_SECONDS * self._screen.fps
        context.thread_count = ENCODER_THREADS
        context.colorspace = context.color_primaries = context.color_trc = BT709
        context.color_range = ColorRange.MPEG

    def _all_frames(self) -> Iterator[av.VideoFrame]:
        started = time.monotonic()
        for number in range(self._frames):
            self._check_stop()
            moment = (number + 0.5) / self._screen.fps
            frame = to_frame(self._image_at(moment))
            frame.pts, frame.time_base = number, Fraction(1, self._screen.fps)
            yield frame
            self._report_progress(number + 1, moment, time.monotonic() - started)

    def _check_stop(self) -> None:
        if self._stop.is_set():
            raise Stopped

    def _image_at(self, moment: float) -> Planes:
        views = self._timeline.views_at(moment)
        for done in [scene for scene in self._ready if scene < views[0].scene]:
            del self._ready[done]
        images = [self._cropped(view) for view in views]
        return images[0] if len(images) == 1 else mix(images[0], images[1], views[1].weight)

    def _cropped(self, view: View) -> Planes:
        if view.scene not in self._ready:
            self._ready[view.scene] = self._prepared(self._shots[view.scene])
            self._check_stop()
        return crop(self._ready[view.scene], view.box, (self._screen.width, self._screen.height))

    def _prepared(self, shot: Shot) -> Planes:
        size = (even(self._screen.width * OVERSAMPLING), even(self._screen.height * OVERSAMPLING))
        try:
            return to_planes(prepare(shot.image, size, check_stop=self._check_stop))
        except BadImage as error:
            raise BadScene(shot.scene_number, str(error)) from error
        except FileNotFoundError as error:
            raise BadScene(shot.scene_number, "the image is no longer there", permanent=False) from error

    def _report_progress(self, frames_done: int, moment: float, elapsed_seconds: float) -> None:
        current = self._timeline.scene_at(moment)
        left_seconds = elapsed_seconds / frames_done * (self._frames - frames_done)
        self._report(
            Running(
                percent=min(99, 100 * frames_done // self._frames),
                scenes_completed=current,
                current_scene=self._shots[current].scene_number,
                estimated_completion_seconds=round(left_seconds),
            )
        )
