"""A video that was removed on purpose is missed with its reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from adapters.videos.retention import OldVideoFiles, Removal
from tests.service.http.harness import problem


async def test_a_removed_video_answers_404_with_the_reason(harness):
    await harness.completed()
    video = harness.dependencies.videos.path("a")
    removal = Removal(removed_at="2026-11-22T18:00:00.000000Z", reason="kept for 30 days")
    later = datetime.now(UTC) + timedelta(days=1)
    assert await OldVideoFiles(video.parent.parent.parent).remove("a", before=later, removal=removal) > 0
    for name in ("data", "thumbnail"):
        answer = await harness.client.get(f"/api/videos/a/{name}")
        detail = str(problem(answer, 404, "video_not_found")["detail"])
        assert detail == "The video of job a was removed at 2026-11-22T18:00:00.000000Z: kept for 30 days"
    assert (await harness.client.head("/api/videos/a/data")).status_code == 404
