"""A few strokes for images made of light: gradients, glows, soft shapes, waves. Coordinates are 1280x720."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from PIL import Image, ImageChops, ImageDraw, ImageFilter

WIDTH, HEIGHT = 1280, 720
SCALE = 2
"""Everything is drawn twice as large and made smaller at the end: smooth edges."""

Point = tuple[float, float]
Stop = tuple[float, str]


class Canvas:
    """An image that grows from back to front."""

    def __init__(self, *stops: Stop) -> None:
        self.image = gradient(stops, HEIGHT)

    def shape(self, points: Iterable[Point], fill: str | Image.Image, *, alpha: float = 1.0, blur: float = 0.0) -> None:
        """Fill a polygon with a colour or with another image's part; `blur` softens its edge."""
        mask = Image.new("L", self.image.size)
        ImageDraw.Draw(mask).polygon([(x * SCALE, y * SCALE) for x, y in points], fill=round(255 * alpha))
        self.cover(mask, fill, blur=blur)

    def oval(self, x: float, y: float, radii: Point, fill: str, *, alpha: float = 1.0, blur: float = 0.0) -> None:
        """Fill an ellipse around (x, y)."""
        turns = [math.tau * step / 90 for step in range(90)]
        points = [(x + radii[0] * math.cos(turn), y + radii[1] * math.sin(turn)) for turn in turns]
        self.shape(points, fill, alpha=alpha, blur=blur)

    def lines(self, lines: Iterable[tuple[Point, Point, float]], fill: str, *, alpha: float, blur: float = 0.0) -> None:
        """Draw lines of (from, to, width), all of one colour."""
        mask = Image.new("L", self.image.size)
        draw = ImageDraw.Draw(mask)
        for (x1, y1), (x2, y2), width in lines:
            ends = (x1 * SCALE, y1 * SCALE, x2 * SCALE, y2 * SCALE)
            draw.line(ends, fill=round(255 * alpha), width=max(1, round(width * SCALE)))
        self.cover(mask, fill, blur=blur)

    def box(self, corners: tuple[float, float, float, float], fill: str, *, alpha: float = 1.0) -> None:
        """Fill an upright rectangle: left, top, right, bottom."""
        left, top, right, bottom = corners
        self.shape([(left, top), (right, top), (right, bottom), (left, bottom)], fill, alpha=alpha)

    def glints(self, glints: Iterable[tuple[float, float, float, float]], fill: str, *, alpha: float) -> None:
        """Draw flat soft spots of (x, y, half width, half height), all of one colour."""
        mask = Image.new("L", self.image.size)
        draw = ImageDraw.Draw(mask)
        for x, y, wide, high in glints:
            draw.ellipse([SCALE * side for side in (x - wide, y - high, x + wide, y + high)], fill=round(255 * alpha))
        self.cover(mask, fill, blur=0.7)

    def cover(self, mask: Image.Image, fill: str | Image.Image, *, blur: float = 0.0) -> None:
        """Lay a colour or an image over what the mask shows."""
        if blur:
            mask = mask.filter(ImageFilter.GaussianBlur(blur * SCALE))
        self.image.paste(fill, (0, 0) if isinstance(fill, Image.Image) else None, mask)

    def glow(self, x: float, y: float, radius: float, colour: str, *, strength: float = 1.0, flat: float = 1.0) -> None:
        """Add light that fades with the distance; `flat` below 1 makes it an ellipse."""
        size = (round(2 * radius * SCALE), round(2 * radius * flat * SCALE))
        fall = Image.radial_gradient("L").point(lambda value: 255 * strength * max(0.0, 1 - value / 181) ** 2)
        light = Image.new("RGB", self.image.size)
        corner = (round((x - radius) * SCALE), round((y - radius * flat) * SCALE))
        light.paste(Image.new("RGB", size, colour), corner, fall.resize(size, Image.Resampling.BICUBIC))
        self.image = ImageChops.screen(self.image, light)

    def mirror(self, horizon: float, bottom: float, *, alpha: float, blur: float, dim: str) -> None:
        """Let still water below `horizon` show what stands above it."""
        height = min(horizon, bottom - horizon)
        above = self.image.crop((0, round((horizon - height) * SCALE), WIDTH * SCALE, round(horizon * SCALE)))
        seen = above.transpose(Image.Transpose.FLIP_TOP_BOTTOM).filter(ImageFilter.GaussianBlur(blur * SCALE))
        seen = ImageChops.multiply(seen, Image.new("RGB", seen.size, dim))
        fade = Image.linear_gradient("L").resize(seen.size).point(lambda value: (255 - value * 0.6) * alpha)
        self.image.paste(seen, (0, round(horizon * SCALE)), fade)

    def finish(self, *, vignette: float = 0.35, seed: int = 1) -> Image.Image:
        """Darken the corners, add a breath of grain against banding, and make it small."""
        small = self.image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
        corners = Image.radial_gradient("L").resize(small.size, Image.Resampling.BICUBIC)
        shade = corners.point(lambda value: 255 - vignette * 255 * max(0.0, value / 255 - 0.35) ** 1.6)
        small = ImageChops.multiply(small, Image.merge("RGB", [shade] * 3))
        dice = random.Random(seed)  # the same image each time
        grain = Image.frombytes("L", small.size, bytes(dice.choices(range(124, 133), k=WIDTH * HEIGHT)))
        return ImageChops.overlay(small, Image.merge("RGB", [grain] * 3))


def gradient(stops: Sequence[Stop], height: float) -> Image.Image:
    """Colours from top to bottom; a stop is (share of the height, colour)."""
    rows = round(height * SCALE)
    column = Image.new("RGB", (1, rows))
    for (start, first), (end, second) in pairwise(stops):
        top, bottom = round(start * rows), round(end * rows)
        mask = Image.linear_gradient("L").resize((1, max(1, bottom - top)), Image.Resampling.BICUBIC)
        part = Image.composite(Image.new("RGB", mask.size, second), Image.new("RGB", mask.size, first), mask)
        column.paste(part, (0, top))
    return column.resize((WIDTH * SCALE, rows))


def band(edge: Callable[[float], float], *, bottom: float = HEIGHT) -> list[Point]:
    """Everything below a line y = edge(x)."""
    return [(x, edge(x)) for x in range(-10, WIDTH + 11, 5)] + [(WIDTH + 10, bottom), (-10, bottom)]


def wave(level: float, height: float, length: float, phase: float = 0.0) -> Callable[[float], float]:
    """A water line: two sines, so that no two crests are the same."""

    def edge(x: float) -> float:
        turn = math.tau * x / length + phase
        return level - height * (0.7 * math.sin(turn) + 0.3 * math.sin(2.3 * turn + 1.3))

    return edge


def placed(points: Iterable[Point], x: float, y: float, size: float, tilt: float = 0.0) -> list[Point]:
    """Turn a drawing of about 1 by 1 by `tilt` degrees, make it `size` large and put it at (x, y)."""
    sine, cosine = math.sin(math.radians(tilt)), math.cos(math.radians(tilt))
    return [(x + size * (a * cosine - b * sine), y + size * (a * sine + b * cosine)) for a, b in points]
