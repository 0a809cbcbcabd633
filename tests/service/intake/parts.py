"""One part of an approval, read as part of a whole one."""

from __future__ import annotations

from domain.storyboard import OutputWishes, Scene
from service.intake.approval import read_body

IMAGE = {"image_url": "https://images.example/1.png"}


def read_storyboard(sent: object) -> tuple[Scene, ...]:
    return read_body({"job_id": 1, "storyboard": sent}).command.storyboard


def read_output(sent: object) -> OutputWishes:
    return read_body({"job_id": 1, "storyboard": [IMAGE], "output": sent}).command.output
