"""What a render may take: memory, disk, time after a cancel."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from adapters.renderers.slideshow.renderer import SlideshowRenderer
from domain.errors import Unavailable
from domain.rendering import Cancelled, Running, Succeeded
from domain.storyboard import OutputWishes
from tests.adapters.renderers.slideshow.studio import LocalImages, draw, request, submit, until
from tests.adapters.videos.small_disk import mounted

MOST_MEGABYTES = 400
MEASURE = """
import resource, sys
from pathlib import Path
from threading import Event
from adapters.renderers.slideshow.film import Film, Shot
from adapters.renderers.slideshow.screen import Screen
*images, target = map(Path, sys.argv[1:])
shots = [Shot(scene_number=1, image=image, seconds=0.25) for image in images]
Film(shots, Screen(width=1920, height=1080, fps=30), stop=Event(), report=lambda progress: None).write(target)
status = Path("/proc/self/status")
if status.exists():
    # The other figure counts what the parent had in memory when it started us.
    print(next(line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM:")))
else:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def large_images(folder: Path) -> list[str]:
    """The largest that is taken of each kind."""
    level = Image.linear_gradient("L")
    plane = level.resize((7300, 4900))
    Image.merge("RGB", [plane] * 3).save(folder / "1.png", compress_level=1)
    Image.merge("RGB", [level.resize((8600, 5800))] * 3).save(folder / "2.jpg")
    Image.merge("RGB", [level.resize((6000, 4000))] * 3).save(folder / "3.jpg", progressive=True, subsampling=0)
    Image.merge("RGBA", [plane] * 4).save(folder / "4.png", compress_level=1)
    Image.merge("RGB", [level.resize((3600, 2700))] * 3).save(folder / "5.webp", method=0)
    return [str(folder / name) for name in ("1.png", "2.jpg", "3.jpg", "4.png", "5.webp", "1.png", "2.jpg")]


def test_1080p_of_large_images_fits_into_400_megabytes(tmp_path):
    arguments = [sys.executable, "-c", MEASURE, *large_images(tmp_path), str(tmp_path / "out.mp4")]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) / 1024 < MOST_MEGABYTES


async def test_a_cancel_while_a_large_image_is_decoded_waits_at_most_a_second(renderer, images, staging):
    image = Image.merge("RGBA", [Image.effect_noise((512, 512), 90).resize((6000, 4000))] * 4)
    image.save(images / "large.png", compress_level=1)
    await submit(renderer, request("large.png", seconds=60, output=OutputWishes(width=1920, height=1080)))
    await until(renderer, "t1", lambda progress: not isinstance(progress, Running) or staging.is_dir())
    started = time.monotonic()
    await renderer.cancel("t1")
    assert await until(renderer, "t1") == Cancelled()
    assert time.monotonic() - started < 1.0


@pytest.fixture
def small_disk(tmp_path: Path):
    with mounted(tmp_path / "disk") as folder:
        yield folder


async def test_a_full_disk_costs_no_attempt_and_the_same_token_goes_on_when_there_is_room(images, small_disk):
    renderer = SlideshowRenderer(LocalImages(images), small_disk)
    draw(images, "noise.png", size=(1280, 720))
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(1000 * 1024))
    wanted = request("noise.png", seconds=2, output=OutputWishes(width=640, height=360, fps=30))
    await submit(renderer, wanted)
    with pytest.raises(Unavailable, match="No space left on the disk"):
        await until(renderer, "t1")
    assert [path.name for path in small_disk.iterdir()] == ["ballast"]
    ballast.unlink()
    assert await submit(renderer, wanted) == "t1"
    assert isinstance(await until(renderer, "t1"), Succeeded)
    await renderer.close()
