"""A codec that breaks in a way that nobody foresaw: the attempt fails with it, is counted, and a cancel works."""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.system.running import Service, approval

BREAKS = """
import struct
from PIL import Image

def breaks(*_):
    struct.unpack("H", b"")

Image.blend = breaks  # what mixes two scenes
"""
WHAT = "The renderer broke: error: unpack requires a buffer of 2 bytes"


@pytest.fixture
def breaking(make_service: Callable[..., Service], tmp_path: Path) -> Callable[..., Service]:
    """Make services whose Pillow breaks between two scenes."""
    (tmp_path / "sitecustomize.py").write_text(BREAKS)

    def make(**settings: str) -> Service:
        return make_service(PYTHONPATH=str(tmp_path), **settings)

    return make


async def events_of(service: Service, job_id: str, kind: str) -> list[dict[str, Any]]:
    return [one["data"] for one in await service.events(job_id) if one["type"] == kind]


async def test_an_error_that_nobody_foresaw_fails_the_attempt_and_then_the_job(
    breaking: Callable[..., Service],
) -> None:
    """It left the job rendering for ever, past its deadline, with all lights green."""
    service = breaking(REELWRIGHT_RETRY_BACKOFF_SECONDS="0.2")
    await service.start()
    await service.approve(approval("broken"))
    job = await service.job_in("broken", "completed", "failed")
    assert (job["status"], job["attempts"]) == ("failed", 3)
    assert job["error_message"] == f"Failed after 3 attempts: {WHAT}"
    failures = await events_of(service, "broken", "RenderAttemptFailed")
    assert [(one["reason"], one["cost"], one["basis"]) for one in failures] == [(WHAT, 0, "not_billed")] * 3
    assert 'reelwright_broken_steps_total{step="follow"} 3.0' in (await service.get("/metrics")).text
    assert service.log_path.read_text().count('"event": "job_broken"') == 3

    await service.approve(approval("alone", scenes=1))
    assert (await service.job_in("alone", "completed", "failed"))["status"] == "completed"


async def test_a_job_whose_renderer_broke_can_be_cancelled(breaking: Callable[..., Service]) -> None:
    service = breaking(REELWRIGHT_RETRY_BACKOFF_SECONDS="300")
    await service.start()
    await service.approve(approval("broken"))

    async def waits() -> bool:
        return WHAT in str((await service.job("broken") or {}).get("waiting_for"))

    await service.until(waits, what="the reason")
    await service.order("cancel", "broken")
    await service.job_in("broken", "cancelled")
    assert len(await events_of(service, "broken", "RenderAttemptFailed")) == 1


def scene_of(folder: Path, name: str, **how: Any) -> dict[str, Any]:
    """Return a scene with an image whose metadata nobody can read, inside its address."""
    path = folder / name
    photo = Image.new("RGB", (64, 36), (40, 90, 160))
    photo.save(path, **how)
    media = {"png": "png", "jpg": "jpeg", "webp": "webp"}[path.suffix[1:]]
    return {
        "image_url": f"data:image/{media};base64,{base64.b64encode(path.read_bytes()).decode()}",
        "duration_seconds": 0.3,
    }


async def test_metadata_that_cannot_be_read_never_fails_an_image(service: Service, tmp_path: Path) -> None:
    """A generator's label where EXIF should be, and a TIFF header that is cut: every viewer shows such images."""
    label = b'AIGC:{"Label":"1","ContentProducer":"001","ProduceID":"abc"}'
    scenes = [
        scene_of(tmp_path, "label.png", exif=label),
        scene_of(tmp_path, "label.jpg", exif=b"Exif\0\0" + label, dpi=(72, 72)),
        scene_of(tmp_path, "short.webp", exif=b"II*\0" + struct.pack("<H", 8)),
    ]
    await service.start()
    await service.approve(approval("labelled", storyboard=scenes))
    job = await service.job_in("labelled", "completed", "failed")
    assert job["status"] == "completed", job["error_message"]
