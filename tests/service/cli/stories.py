"""Jobs in every state, made by the program's own commands, for verbs that read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from adapters.clock import new_id
from domain import commands as c
from domain.cost import Prices
from domain.rendering import RenderOrder
from domain.retry import RetryPolicy
from domain.storyboard import OutputWishes, Scene, storyboard_hash
from service.jobs.repository import JobRepository
from service.settings import load_settings
from service.wiring.stores import make_stores

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PRICES = Prices()
SCENES = tuple(Scene(scene_number=n, image_url=f"https://images.test/{n}.png") for n in (1, 2))
SHA256 = "ab" * 32


def approve() -> c.Approve:
    wishes = OutputWishes(width=640, height=360)
    return c.Approve(
        storyboard=SCENES,
        output=wishes,
        storyboard_hash=storyboard_hash(SCENES, wishes),
        estimated_cost=Decimal("0.50"),
    )


def request(token: str) -> c.RequestRender:
    return c.RequestRender(
        token=token,
        order=RenderOrder(
            renderer="replicate",
            model="owner/film",
            request_hash=f"hash-{token}",
            seed=4711,
            input={"prompt": "A boat leaves the harbour", "image": {"sha256": "cd" * 32}, "seed": 4711},
        ),
        at=NOON,
        deadline=NOON + timedelta(minutes=10),
        prices=PRICES,
    )


def completed(job_id: str) -> list[c.Command]:
    token = f"{job_id}-1"
    return [
        approve(),
        request(token),
        c.AcceptRender(token=token, render_id=f"render-{job_id}"),
        c.ReportProgress(percent=50, scenes_completed=1, current_scene=2, estimated_completion_seconds=3),
        c.SucceedRender(
            token=token,
            output_url="https://files.test/film.mp4",
            duration_seconds=6.0,
            expires_at=None,
            download_until=NOON + timedelta(hours=1),
            prices=PRICES,
        ),
        c.StoreVideo(size_bytes=123456, sha256=SHA256, duration_seconds=6.0, width=1280, height=720),
        c.CompleteJob(
            video_url=f"/api/videos/{job_id}/data",
            duration_seconds=6.0,
            prices=PRICES,
            threshold=Decimal("1.2"),
            size_bytes=123456,
            sha256=SHA256,
            width=640,
            height=360,
            codec="h264",
        ),
    ]


def failed(job_id: str) -> list[c.Command]:
    token = f"{job_id}-1"
    return [
        approve(),
        request(token),
        c.AcceptRender(token=token, render_id=f"render-{job_id}"),
        c.FailRender(
            token=token,
            reason="the model \x1b[31mran out",
            at=NOON,
            retry=RetryPolicy(max_retries=0),
            cost=Decimal("0.30"),
        ),
    ]


def refused() -> list[c.Command]:
    return [c.RefuseStoryboard(reason="Scene 1 is missing image", received="{}", received_hash="0" * 64)]


async def write_stories(data_dir: Path) -> None:
    """Store six jobs: done, broken, waiting, refused, stopped, rendering."""
    stories: dict[str, list[c.Command]] = {
        "done": completed("done"),
        "broken": failed("broken"),
        "refused": refused(),
        "stopped": [approve(), c.Cancel(by="tests", reason="enough")],
        "rendering": [approve(), request("rendering-1"), c.AcceptRender(token="rendering-1", render_id="render-r")],
        "waiting": [approve()],
    }
    await write(data_dir, stories)


async def write_unresolved(data_dir: Path) -> None:
    """Store two jobs with paid renders: lost, of which nobody knows whether it exists, and theirs."""
    lost = c.LeaveUnresolved(token="lost-1", reason="the list does not answer")
    theirs = c.AcceptRender(token="theirs-1", render_id="render-of-theirs")
    await write(
        data_dir, {"theirs": [approve(), request("theirs-1"), theirs], "lost": [approve(), request("lost-1"), lost]}
    )


async def write(data_dir: Path, stories: Mapping[str, Sequence[c.Command]]) -> None:
    """Store jobs, each by its commands."""
    settings = load_settings({"REELWRIGHT_DATA_DIR": str(data_dir)})
    stores = make_stores(settings)
    try:
        await stores.prepare()
        repository = JobRepository(stores.events, new_id=new_id, metadata={})
        for job_id, commands in stories.items():
            for command in commands:
                await repository.execute(job_id, command)
    finally:
        await stores.close()
