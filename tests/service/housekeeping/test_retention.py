"""Videos of jobs that ended long ago are removed when that is wanted, and nothing else is."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.sql.database import Database
from adapters.sql.log.event_store import SqlEventStore
from adapters.videos.retention import read_removal
from domain import events as e
from service.housekeeping.retention import Retention
from service.settings import load_settings
from service.wiring.retention import make_retention
from service.wiring.stores import make_stores
from tests.adapters.sql.drives import Drive, approved, finished, requested

NOW = datetime.now(UTC)


@dataclass
class Kept:
    folder: Path
    store: SqlEventStore
    at: datetime = NOW

    async def job(self, *events: e.Event, ended_days_ago: float, written_days_ago: float | None = None) -> str:
        """A job whose last event is that old, with a video."""
        self.at = NOW - timedelta(days=ended_days_ago)
        drive = Drive()
        await self.store.append(drive.step(approved(), requested(), *events))
        home = self.folder / "videos" / drive.job_id
        home.mkdir(parents=True)
        for name in ("final.mp4", "thumbnail.jpg"):
            (home / name).write_bytes(b"x" * 100)
            days = ended_days_ago if written_days_ago is None else written_days_ago
            written = (NOW - timedelta(days=days)).timestamp()
            os.utime(home / name, (written, written))
        return drive.job_id

    def files(self, job_id: str) -> set[str]:
        return {path.name for path in (self.folder / "videos" / job_id).iterdir()}


@pytest.fixture
async def kept(database: Database, tmp_path: Path) -> AsyncIterator[Kept]:
    kept = Kept(folder=tmp_path / "DATA", store=SqlEventStore(database, now=lambda: kept.at))
    await kept.store.start()
    yield kept
    await kept.store.close()


@pytest.fixture
async def retention(database_url: str, kept: Kept) -> AsyncIterator[Retention]:
    settings = load_settings(
        {
            "REELWRIGHT_DATA_DIR": str(kept.folder),
            "REELWRIGHT_DATABASE_URL": database_url,
            "REELWRIGHT_VIDEO_RETENTION_DAYS": "30",
        }
    )
    stores = make_stores(settings)
    made = make_retention(settings, stores)
    assert made is not None
    yield made
    await stores.close()


async def test_the_files_of_a_job_that_ended_long_ago_are_removed_and_a_note_says_so(kept, retention):
    old = await kept.job(*finished(), ended_days_ago=31)
    assert await retention.sweep() == 1
    assert kept.files(old) == {"removed.json"}
    removal = read_removal(kept.folder / "videos" / old / "final.mp4")
    assert removal is not None
    assert removal.reason == "kept for 30 days after the job's end (REELWRIGHT_VIDEO_RETENTION_DAYS)"
    assert await retention.sweep() == 0


async def test_the_files_of_a_job_that_ended_lately_stay(kept, retention):
    young = await kept.job(*finished(), ended_days_ago=29, written_days_ago=31)
    assert await retention.sweep() == 0
    assert kept.files(young) == {"final.mp4", "thumbnail.jpg"}


async def test_the_files_of_a_job_that_has_not_ended_stay(kept, retention):
    open_ = await kept.job(ended_days_ago=90)
    assert await retention.sweep() == 0
    assert "final.mp4" in kept.files(open_)


async def test_a_file_that_was_written_lately_stays(kept, retention):
    """A job that failed long ago is being tried again: its new video is not the one that may go."""
    failed = await kept.job(e.JobFailed(stage="rendering", reason="x"), ended_days_ago=90, written_days_ago=0)
    assert await retention.sweep() == 0
    assert "final.mp4" in kept.files(failed)


async def test_a_folder_that_no_job_owns_is_left_alone(kept, retention):
    stranger = kept.folder / "videos" / "stranger"
    stranger.mkdir(parents=True)
    (stranger / "final.mp4").write_bytes(b"x")
    os.utime(stranger / "final.mp4", (0, 0))
    assert await retention.sweep() == 0
    assert (stranger / "final.mp4").exists()


async def test_many_are_removed_in_pages(kept, retention, monkeypatch):
    monkeypatch.setattr("service.housekeeping.retention.PAGE_JOBS", 2)
    jobs = [await kept.job(*finished(), ended_days_ago=40) for _ in range(5)]
    assert await retention.sweep() == 5
    assert all(kept.files(job_id) == {"removed.json"} for job_id in jobs)


def test_by_default_videos_are_kept_for_ever(tmp_path):
    settings = load_settings({"REELWRIGHT_DATA_DIR": str(tmp_path)})
    assert make_retention(settings, make_stores(settings)) is None
