"""The sample storyboard: five panels, drawn by `examples/draw_panels.py`, and what each of them shows."""

from __future__ import annotations

from typing import Final

SCENES: Final = {
    "panel-1.jpg": "A paper boat leaves a rainy street.",
    "panel-2.jpg": "It rides the tunnel below the town, daylight ahead.",
    "panel-3.jpg": "Morning mist: it slips between reeds to the bridge.",
    "panel-4.jpg": "At sunset it passes the lighthouse.",
    "panel-5.jpg": "The open sea, the moon, and the boat.",
}
SECONDS_PER_SCENE: Final = 1.6
