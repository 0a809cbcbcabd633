"""A paid output is only given up when it has expired, whatever the file host, its name or a proxy answers meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.outbound.client import Outbound
from adapters.videos.download import Download
from adapters.videos.files import VideoFiles
from domain.commands import SucceedRender
from domain.machine import Status
from service.worker.leased_job import LeasedJob
from tests.fixtures.http import FileHost, Page, RecordingDialler, RecordingResolver
from tests.service.worker.harness import WorkerHarness, a_worker

PUBLIC = "93.184.216.34"


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[WorkerHarness]:
    async with a_worker(tmp_path / "DATA") as made:
        made.provider.faults.starting_seconds = made.provider.faults.render_seconds = 0.0
        yield made


async def rendered(harness: WorkerHarness, url: str) -> LeasedJob:
    """Return a job whose output is at this address and expires in an hour."""
    work = await harness.requested("paid", fault="ok")
    expires_at = harness.now() + timedelta(hours=1)
    done = SucceedRender(
        token=work.job.newest_render.token,
        output_url=url,
        duration_seconds=None,
        expires_at=expires_at,
        download_until=expires_at,
        prices=harness.policy.prices,
    )
    await work.execute(done)
    return work


@pytest.mark.parametrize("fault", ["missing", "gone", "forbidden", "html", "empty", "tiny", "error", "truncated"])
async def test_an_answer_that_is_no_video_is_asked_for_again(harness: WorkerHarness, fault: str) -> None:
    """A 404 gave a paid output up for good; so did its brothers: a 403, a page of HTML."""
    harness.provider.faults.rates = {"download": {fault: 1.0}}
    work = await harness.requested("paid", fault="ok")
    await harness.rendering.following.follow(work)
    await harness.downloading.download(work)
    assert (work.job.status, work.job.output_url is not None) == (Status.DOWNLOADING, True)
    assert work.job.retry_at is not None


async def test_a_host_whose_name_is_not_known_now_is_asked_for_again(harness: WorkerHarness, tmp_path: Path) -> None:
    resolver = RecordingResolver()
    async with FileHost() as host:
        outbound = Outbound(resolver=resolver, dialler=RecordingDialler(host.port))
        harness.videos = VideoFiles(tmp_path, tmp_path / "staging", Download(outbound, most_bytes=10_000_000))
        work = await rendered(harness, "http://files.example/out.mp4")
        await harness.downloading.download(work)
        await outbound.aclose()
    assert resolver.asked == ["files.example"]
    assert (work.job.status, work.job.retry_at is not None) == (Status.DOWNLOADING, True)


async def test_a_redirect_to_a_private_address_is_not_followed_and_asked_for_again(
    harness: WorkerHarness, tmp_path: Path
) -> None:
    resolver = RecordingResolver(files__example=[[PUBLIC]], inside__example=[["10.0.0.7"]])
    async with FileHost() as host:
        host.pages["/out.mp4"] = Page(status=302, headers={"Location": "http://inside.example/secret"})
        dialler = RecordingDialler(host.port)
        outbound = Outbound(resolver=resolver, dialler=dialler)
        harness.videos = VideoFiles(tmp_path, tmp_path / "staging", Download(outbound, most_bytes=10_000_000))
        work = await rendered(harness, "http://files.example/out.mp4")
        await harness.downloading.download(work)
        await outbound.aclose()
    assert dialler.dialled == [(PUBLIC, 80)]
    assert (work.job.status, work.job.retry_at is not None) == (Status.DOWNLOADING, True)
