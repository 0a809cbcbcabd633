"""A film that stands still in the middle until the test lets it go: no machine is through before the fault."""

from __future__ import annotations

from pathlib import Path

from tests.system.running import Service

HOLDS = """
import time
from pathlib import Path

from PIL import Image

held, blend = Path(__file__).with_name("held"), Image.blend

def waits(*what):
    while held.exists():
        time.sleep(0.01)
    return blend(*what)

Image.blend = waits  # what mixes two scenes
"""


class Hold:
    """What a service is started under, in a folder of its own: its local films stop between their first two scenes."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(HOLDS)
        self._held = folder / "held"
        self._held.touch()
        self.settings = {"PYTHONPATH": str(folder)}

    def let_go(self) -> None:
        self._held.unlink()


async def held_in_the_middle(service: Service, job_id: str) -> None:
    """Wait until the job has a part of its film."""

    async def begun() -> bool:
        job = await service.job(job_id)
        return job is not None and job["status"] == "rendering" and job["progress"]["percent"] > 0

    await service.until(begun, what=f"a part of job {job_id}")
