"""The video of a completed job: whole, in parts, and under conditions."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from service.http import files
from tests.service.http.harness import VIDEO, problem

URL = "/api/videos/a/data"
SIZE = len(VIDEO)


async def test_the_whole_video_is_given_with_its_facts(harness):
    sha256 = await harness.completed()
    answer = await harness.client.get(URL)
    assert (answer.status_code, answer.content) == (200, VIDEO)
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["content-length"] == str(SIZE)
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["etag"] == f'"{sha256}"'
    assert answer.headers["content-disposition"] == 'inline; filename="a.mp4"'


async def test_a_long_video_arrives_whole(harness):
    video = bytes(range(256)) * 5000
    await harness.completed(video=video)
    assert (await harness.client.get(URL)).content == video


async def test_head_says_everything_and_gives_nothing(harness):
    await harness.completed()
    answer = await harness.client.head(URL, headers={"Range": "bytes=0-9"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(SIZE)


async def test_head_opens_no_file(harness, monkeypatch):
    await harness.completed()

    def no_file(_path):
        raise PermissionError("not to be opened")

    monkeypatch.setattr(files, "FileIO", no_file)
    assert (await harness.client.head(URL)).status_code == 200
    assert "cannot be opened" in str(problem(await harness.client.get(URL), 404, "video_not_found")["detail"])


async def test_a_range_is_given(harness):
    await harness.completed()
    for asked, first, last in (
        ("bytes=0-0", 0, 0),
        ("bytes=0-99", 0, 99),
        ("bytes=100-", 100, SIZE - 1),
        ("bytes=-50", SIZE - 50, SIZE - 1),
        (f"bytes={SIZE - 1}-", SIZE - 1, SIZE - 1),
        (f"bytes=5-{SIZE * 2}", 5, SIZE - 1),
        (f"bytes=-{SIZE * 2}", 0, SIZE - 1),
        ("Bytes= 7-9", 7, 9),
    ):
        answer = await harness.client.get(URL, headers={"Range": asked})
        assert (answer.status_code, answer.content) == (206, VIDEO[first : last + 1]), asked
        assert answer.headers["content-range"] == f"bytes {first}-{last}/{SIZE}"
        assert answer.headers["content-length"] == str(last - first + 1)


async def test_a_range_that_means_nothing_here_is_ignored(harness):
    await harness.completed()
    for asked in ("lines=1-2", "bytes=", "bytes=-", "bytes=9-5", "bytes=a-b", "bytes=0-1,5-9", "bytes 0-5", "0-5"):
        answer = await harness.client.get(URL, headers={"Range": asked})
        assert (answer.status_code, answer.content) == (200, VIDEO), asked


async def test_a_range_behind_the_end_is_refused_with_the_size(harness):
    await harness.completed()
    for asked in (f"bytes={SIZE}-", "bytes=999999-", "bytes=-0", "bytes=" + "9" * 40 + "-"):
        answer = await harness.client.get(URL, headers={"Range": asked})
        problem(answer, 416, "range_not_satisfiable")
        assert answer.headers["content-range"] == f"bytes */{SIZE}"


async def test_a_video_that_the_reader_has_is_not_sent_again(harness):
    tag = f'"{await harness.completed()}"'
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = await harness.client.get(URL, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == tag
    assert (await harness.client.get(URL, headers={"If-None-Match": '"other"'})).status_code == 200
    assert (await harness.client.head(URL, headers={"If-None-Match": tag})).status_code == 304


async def test_a_reader_who_insists_on_another_video_gets_none(harness):
    tag = f'"{await harness.completed()}"'
    problem(await harness.client.get(URL, headers={"If-Match": '"other"'}), 412, "precondition_failed")
    problem(await harness.client.get(URL, headers={"If-Match": f"W/{tag}"}), 412, "precondition_failed")
    assert (await harness.client.get(URL, headers={"If-Match": tag})).status_code == 200
    assert (await harness.client.get(URL, headers={"If-Match": "*"})).status_code == 200


async def test_a_download_goes_on_only_in_the_same_video(harness):
    tag = f'"{await harness.completed()}"'
    same = await harness.client.get(URL, headers={"Range": "bytes=10-19", "If-Range": tag})
    assert (same.status_code, same.content) == (206, VIDEO[10:20])
    for other in ('"other"', f"W/{tag}", "Sun, 22 Nov 2026 18:00:00 GMT"):
        answer = await harness.client.get(URL, headers={"Range": "bytes=10-19", "If-Range": other})
        assert (answer.status_code, answer.content) == (200, VIDEO)


async def test_the_state_of_the_job_decides_not_what_lies_on_the_disk(harness):
    await harness.approve()
    place = harness.dependencies.videos.path("a")
    place.parent.mkdir(parents=True)
    place.write_bytes(VIDEO)
    assert problem(await harness.client.get(URL), 404, "video_not_found")["job_status"] == "approved"
    assert (await harness.client.head(URL)).status_code == 404


async def test_a_video_that_is_gone_or_changed_is_not_given(harness):
    await harness.completed()
    place = harness.dependencies.videos.path("a")
    place.write_bytes(VIDEO[:-1])
    assert f"has {SIZE - 1} bytes" in str(problem(await harness.client.get(URL), 404, "video_not_found")["detail"])
    place.unlink()
    assert "is gone" in str(problem(await harness.client.get(URL), 404, "video_not_found")["detail"])


async def test_a_job_whose_renderer_stores_no_file_has_no_video(harness):
    await harness.completed(stored=False)
    problem(await harness.client.get(URL), 404, "video_not_found")
    assert (await harness.client.get("/api/jobs/a")).json()["thumbnail_url"] is None


async def test_the_thumbnail_is_a_jpeg_and_has_a_tag(harness):
    await harness.completed()
    answer = await harness.client.get("/api/videos/a/thumbnail")
    assert answer.headers["content-type"] == "image/jpeg"
    assert Image.open(BytesIO(answer.content)).format == "JPEG"
    known = {"If-None-Match": answer.headers["etag"]}
    assert (await harness.client.get("/api/videos/a/thumbnail", headers=known)).status_code == 304


async def test_without_a_thumbnail_there_is_none(harness):
    await harness.completed()
    harness.dependencies.videos.thumbnail("a").unlink()
    problem(await harness.client.get("/api/videos/a/thumbnail"), 404, "video_not_found")
    problem(await harness.client.get("/api/videos/b/thumbnail"), 404, "job_not_found")
