"""Draws the five panels of the demo: a paper boat goes from a rainy gutter to the sea.

.venv/bin/python examples/draw_panels.py [FOLDER]
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

from brush import HEIGHT, WIDTH, Canvas, band, gradient, placed, wave
from paper_boat import Paper, Water, boat
from PIL import Image

FOLDER = Path(__file__).parent.parent / "service" / "jobs" / "sample"
QUALITY = 86
WINDOWS_LIT = 0.42
CATTAILS, UPRIGHT = 0.6, 16
WAVES = ("#2c6290", "#265a88", "#1f4e7c", "#19426e", "#13365f", "#0e2a4f", "#091d3c")
BOATS_WAVE = 4


def gutter() -> Image.Image:
    """Rain in an evening street; warm windows, and a boat where the kerb ends."""
    dice = random.Random(11)
    canvas = Canvas((0, "#141c33"), (0.45, "#33395c"), (0.62, "#6b5468"), (1, "#2a2f4a"))
    canvas.glow(930, 350, 520, "#ffb066", strength=0.55, flat=0.7)
    houses = ((-20, 190, 90), (150, 150, 170), (285, 210, 60), (760, 170, 150), (915, 150, 215), (1050, 260, 40))
    for x, width, top in houses:
        canvas.box((x, top, x + width, 470), "#171d33")
        for row in range(top + 34, 400, 62):
            for column in range(x + 24, x + width - 34, 48):
                if dice.random() < WINDOWS_LIT:
                    canvas.glow(column + 11, row + 16, 52, "#ff9d45", strength=0.45)
                    canvas.box((column, row, column + 22, row + 32), "#ffcf8a")
    canvas.box((600, 205, 609, 470), "#0d1224")
    canvas.shape([(600, 205), (604, 190), (668, 184), (668, 193), (609, 202)], "#0d1224")
    canvas.oval(664, 200, (15, 9), "#fff0cf")
    canvas.glow(664, 204, 250, "#ffcf8a", strength=0.95)
    canvas.mirror(470, HEIGHT, alpha=0.75, blur=9, dim="#9fa6c8")
    canvas.shape(
        band(wave(476, 1.5, 900)), gradient(((0, "#1a2140"), (0.66, "#1a2140"), (1, "#0e142b")), HEIGHT), alpha=0.42
    )
    for _ in range(34):
        x, y = dice.uniform(0, WIDTH), dice.uniform(486, 590)
        canvas.oval(x, y, (dice.uniform(10, 30), dice.uniform(2, 5)), "#d8cfe0", alpha=0.16, blur=1.2)
    canvas.glow(664, 560, 210, "#ffbf78", strength=0.5, flat=0.45)
    boat(
        canvas,
        (500, 530),
        118,
        tilt=-5,
        paper=Paper("#fff4e2", "#a9aecb", "#6d7295"),
        water=Water("#161b35", "#ffe6c4"),
    )
    canvas.shape([(-10, 640), (1290, 560), (1290, 590), (-10, 676)], "#586082")
    canvas.shape([(-10, 676), (1290, 590), (1290, 730), (-10, 730)], "#262c47")
    canvas.lines([((-10, 640), (1290, 560), 2.5)], "#c9b6a8", alpha=0.5, blur=0.8)
    rain = [(dice.uniform(-40, WIDTH), dice.uniform(-60, HEIGHT), dice.uniform(24, 62)) for _ in range(330)]
    canvas.lines(
        [((x, y), (x - length * 0.2, y + length), 1.0) for x, y, length in rain], "#c8d4f2", alpha=0.3, blur=0.5
    )
    return canvas.finish(seed=1)


def tunnel() -> Image.Image:
    """Under the street: rings of brick, and daylight far ahead."""
    canvas = Canvas((0, "#080c12"), (1, "#0b141b"))
    middle = (705, 330)
    for number in range(15):
        size = 900 * 0.8**number
        shade = 16 + number * number * 0.85
        colour = f"#{round(shade * 0.72):02x}{round(shade * 1.02):02x}{round(shade * 1.0):02x}"
        canvas.oval(*middle, (size, size * 0.86), colour)
        canvas.oval(
            *middle,
            (size * 0.97, size * 0.83),
            f"#{round(shade * 0.5):02x}{round(shade * 0.74):02x}{round(shade * 0.74):02x}",
            alpha=0.85,
        )
    canvas.oval(*middle, (52, 47), "#f2fbe2", blur=3)
    canvas.glow(*middle, 330, "#d9f2c4", strength=1.0)
    canvas.glow(*middle, 760, "#6fae9c", strength=0.55)
    canvas.shape(
        [(653, 352), (757, 352), (1290, 600), (1290, 730), (-10, 730), (-10, 640)],
        gradient(((0, "#d7ecc9"), (0.49, "#cfe8c6"), (0.58, "#4f8783"), (0.75, "#1d4048"), (1, "#0b1c24")), HEIGHT),
    )
    dice = random.Random(5)
    glints = []
    for _ in range(150):
        depth = dice.random() ** 1.7
        x = 705 - depth * 60 + dice.gauss(0, 0.42) * (26 + depth * 300)
        glints.append((x, 358 + depth * 350, 6 + depth * 34, 0.7 + depth * 1.6))
    canvas.glints(glints, "#eafbd8", alpha=0.42)
    boat(
        canvas, (560, 575), 150, tilt=4, paper=Paper("#e9f5dc", "#7f9f9f", "#41605f"), water=Water("#0e2a33", "#d9f2c4")
    )
    canvas.glow(640, 480, 260, "#d9f2c4", strength=0.22)
    return canvas.finish(vignette=0.6, seed=2)


def river() -> Image.Image:
    """Morning mist between the hills; reeds, and a stone bridge ahead."""
    dice = random.Random(8)
    canvas = Canvas((0, "#8fc3d9"), (0.3, "#cfe3d8"), (0.56, "#fde9c0"), (1, "#8fb9a8"))
    canvas.glow(920, 250, 560, "#fff2c4", strength=0.95)
    canvas.oval(920, 250, (46, 46), "#fffbe6", blur=2)
    for level, height, length, colour, phase in (
        (330, 46, 900, "#a3c6bd", 0.4),
        (362, 34, 640, "#7fae9f", 2.1),
        (396, 22, 460, "#5c937f", 4.0),
    ):
        canvas.shape(band(wave(level, height, length, phase), bottom=432), colour, blur=1.0)
        canvas.glow(640, 415, 900, "#fff6dc", strength=0.28, flat=0.12)
    for x in range(20, 380, 34):
        canvas.oval(
            x, 400 - dice.uniform(0, 26), (dice.uniform(22, 40), dice.uniform(26, 50)), "#47806b", alpha=0.9, blur=1.5
        )
    bridge(canvas)
    canvas.mirror(430, HEIGHT, alpha=0.85, blur=5, dim="#c9dcd2")
    spots = [(dice.uniform(0, WIDTH), 440 + 250 * dice.random() ** 1.6) for _ in range(70)]
    canvas.glints([(x, y, (y - 400) * 0.5, (y - 400) / 110) for x, y in spots], "#f4f3dc", alpha=0.26)
    canvas.glow(920, 520, 330, "#fff2c4", strength=0.5, flat=0.5)
    boat(
        canvas,
        (560, 545),
        132,
        tilt=-3,
        paper=Paper("#fffdf3", "#b4cfd0", "#7d9a9c"),
        water=Water("#6d9f92", "#fffbe6"),
    )
    reeds(canvas, dice)
    return canvas.finish(vignette=0.25, seed=3)


def bridge(canvas: Canvas) -> None:
    """Three arches of warm stone from the right bank."""
    canvas.shape([(600, 432), (640, 385), (690, 352), (900, 318), (1110, 322), (1290, 344), (1290, 432)], "#8d8474")
    canvas.lines(
        [
            ((640, 384), (690, 350), 6),
            ((690, 350), (900, 316), 7),
            ((900, 316), (1110, 320), 7),
            ((1110, 320), (1290, 342), 7),
        ],
        "#b7ab93",
        alpha=1,
    )
    for x, radius in ((790, 58), (960, 72), (1145, 64)):
        canvas.oval(x, 432, (radius + 6, radius * 1.12 + 6), "#a89c86")
        canvas.oval(x, 432, (radius, radius * 1.12), "#e9e3c4")
        canvas.oval(x, 446, (radius, radius * 0.62), "#9dc0ac", blur=4)
    canvas.box((-10, 431, 1300, 730), "#a9c9b8")


def reeds(canvas: Canvas, dice: random.Random) -> None:
    """Blades at both edges of the image, near the eye."""
    for side in (0, 1):
        for _ in range(26):
            reach = abs(dice.gauss(0, 95))
            x = reach if side == 0 else WIDTH - reach
            top = HEIGHT - dice.uniform(150, 330) + reach * 0.7
            lean = dice.uniform(-34, 34)
            colour = dice.choice(("#2c5a48", "#3b6d4f", "#1f463d"))
            canvas.shape(
                [
                    (x - 6, 730),
                    (x + lean * 0.5, (top + 730) / 2),
                    (x + lean, top),
                    (x + lean * 0.5 + 7, (top + 730) / 2),
                    (x + 7, 730),
                ],
                colour,
                blur=0.8,
            )
            if abs(lean) < UPRIGHT and dice.random() < CATTAILS:
                canvas.shape(
                    placed([(-0.5, -3), (0.5, -3), (0.5, 3), (-0.5, 3)], x + lean, top, 8, tilt=lean / 3),
                    "#5d4630",
                    blur=0.6,
                )


def harbour() -> Image.Image:
    """The sun goes down behind a lighthouse; a great ship lets the small one pass."""
    dice = random.Random(34)
    canvas = Canvas((0, "#3b2a5a"), (0.25, "#94476f"), (0.45, "#ee7f5c"), (0.585, "#ffd083"), (1, "#40345f"))
    canvas.glow(560, 418, 640, "#ffb25e", strength=0.9)
    canvas.oval(560, 398, (74, 74), "#fff0b8", blur=2)
    for x, y, width in ((180, 150, 210), (430, 215, 260), (900, 130, 280), (1080, 230, 180), (120, 275, 170)):
        for part in range(5):
            canvas.oval(
                x + (part - 2) * width * 0.2, y + (part % 2) * 7, (width * 0.26, 11), "#ffc9a0", alpha=0.3, blur=7
            )
    canvas.shape(band(wave(412, 9, 700, 1.0), bottom=424), "#6b3f66", blur=1)
    ship(canvas)
    lighthouse(canvas)
    canvas.mirror(422, HEIGHT, alpha=0.9, blur=5, dim="#c79ab4")
    for number in range(11):
        sparkle(canvas, dice, (560, 426 + number * number * 2.1), 26 + number * 15, "#ffe2a6")
    canvas.shape(band(wave(600, 9, 420, 0.7)), "#4d3a68", alpha=0.5, blur=2)
    boat(
        canvas, (470, 546), 126, tilt=6, paper=Paper("#ffe9c9", "#a9799a", "#6d4468"), water=Water("#5e3d68", "#ffe2a6")
    )
    canvas.shape(
        band(wave(668, 12, 520, 3.0)),
        gradient(((0, "#3a2c57"), (0.9, "#3a2c57"), (1, "#1c1533")), HEIGHT),
        alpha=0.85,
        blur=2,
    )
    return canvas.finish(seed=4)


def ship(canvas: Canvas) -> None:
    """A freighter at the pier, dark against the light."""
    canvas.shape([(35, 352), (330, 352), (308, 424), (72, 424)], "#35234a")
    canvas.box((62, 298, 142, 352), "#452d57")
    canvas.box((82, 262, 106, 298), "#5a3358")
    for number, colour in enumerate(("#6a3550", "#4c3a68", "#71434f", "#553a5e", "#6a3550")):
        canvas.box((158 + number * 32, 322, 187 + number * 32, 352), colour)
    for x in range(70, 140, 15):
        canvas.oval(x, 318, (2.6, 2.6), "#ffdf9a")
        canvas.glow(x, 318, 16, "#ffbf6a", strength=0.6)


def lighthouse(canvas: Canvas) -> None:
    """White and red on its rock; the first beam of the evening."""
    canvas.shape([(900, 424), (950, 392), (1040, 380), (1150, 388), (1240, 410), (1290, 424)], "#3a2747", blur=1)
    canvas.shape([(1073, 208), (-60, 40), (-60, 215)], "#ffe9b0", alpha=0.16, blur=9)
    tower = ((1046, 386), (1056, 226), (1090, 226), (1100, 386))
    canvas.shape(tower, "#e6c6bd")
    for top, bottom in ((256, 290), (324, 358)):
        left, right = (1056 - (y - 226) / 16 for y in (top, bottom))
        canvas.shape([(left, top), (2146 - left, top), (2146 - right, bottom), (right, bottom)], "#b4454d")
    canvas.shape([(1078, 226), (1090, 226), (1100, 386), (1080, 386)], "#3a2350", alpha=0.35)
    canvas.box((1050, 219, 1096, 226), "#3a2747")
    canvas.box((1060, 196, 1086, 219), "#fff3c4")
    canvas.shape([(1055, 197), (1091, 197), (1073, 176)], "#8e3444")
    canvas.glow(1073, 208, 150, "#ffe9b0", strength=1.0)


def sea() -> Image.Image:
    """The open sea by night: a moon, its road on the water, and the boat upon it."""
    dice = random.Random(21)
    canvas = Canvas((0, "#060b26"), (0.35, "#142552"), (0.58, "#3a6a96"), (0.6, "#17406b"), (1, "#040a20"))
    for _ in range(240):
        x, y = dice.uniform(0, WIDTH), dice.uniform(0, 390)
        size = dice.choice((0.8, 0.9, 1.1, 1.5))
        canvas.oval(x, y, (size, size), "#f3f6ff", alpha=dice.uniform(0.3, 0.95) * (1 - y / 480))
    canvas.glow(800, 210, 560, "#9fc4ea", strength=0.7)
    canvas.oval(800, 210, (84, 84), "#f6f4dc", blur=1.2)
    for x, y, size in ((775, 190, 17), (828, 226, 23), (800, 252, 11), (832, 178, 9), (768, 232, 9)):
        canvas.oval(x, y, (size, size * 0.9), "#d8dcd0", alpha=0.6, blur=3)
    canvas.glow(800, 210, 190, "#fffbe0", strength=0.55)
    for x, y, width in ((300, 330, 330), (1110, 300, 240), (560, 120, 200)):
        for part in range(5):
            canvas.oval(
                x + (part - 2) * width * 0.2, y + (part % 2) * 8, (width * 0.26, 10), "#a9c6e6", alpha=0.2, blur=9
            )
    for number, colour in enumerate(WAVES):
        level = 434 + number * number * 5.6
        canvas.shape(band(wave(level, 3 + number * 3.0, 260 + number * 90, number * 1.9)), colour, alpha=0.88, blur=0.8)
        sparkle(canvas, dice, (800, level + 4), 22 + number * 22, "#f6f4dc")
        if number == BOATS_WAVE:
            boat(
                canvas,
                (640, 520),
                142,
                tilt=-8,
                paper=Paper("#fdfbee", "#8fafd2", "#4c6c97"),
                water=Water("#10305a", "#e4effa"),
            )
    canvas.glow(690, 480, 260, "#fffbe0", strength=0.22)
    return canvas.finish(vignette=0.5, seed=5)


def sparkle(canvas: Canvas, dice: random.Random, at: tuple[float, float], spread: float, colour: str) -> None:
    """Broken pieces of a road of light on one wave."""
    x, y = at
    pieces = [(x + dice.gauss(0, 0.8) * spread, y + dice.uniform(0, spread * 0.42)) for _ in range(18)]
    canvas.glints([(left, top, spread * 0.2, 0.7 + spread / 90) for left, top in pieces], colour, alpha=0.6)


def main() -> None:
    """Write `panel-1.jpg` to `panel-5.jpg`."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    for number, draw in enumerate((gutter, tunnel, river, harbour, sea), start=1):
        path = folder / f"panel-{number}.jpg"
        draw().save(path, quality=QUALITY, optimize=True, progressive=True)
        print(path, path.stat().st_size)


if __name__ == "__main__":
    main()
