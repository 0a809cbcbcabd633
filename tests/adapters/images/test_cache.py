"""The cache of fetched images stays within its bounds and takes nothing away that is in use."""

from __future__ import annotations

import os
import time

import pytest

from adapters.images.cache import Cache, CacheLimits
from adapters.images.store import ImageStore
from adapters.outbound.client import Outbound
from tests.adapters.images.samples import image_bytes
from tests.fixtures.http import Page

HOUR = 3600.0


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def put(cache: Cache, url: str, *, size: int = 100, fetched: float = 0.0, used: float | None = None) -> None:
    """An image that was fetched and last used so many seconds ago."""
    now = time.time()
    path = cache.place(url)
    path.write_bytes(b"x" * size)
    os.utime(path, (now - (fetched if used is None else used), now - fetched))


def left(folder) -> int:
    return len(list(folder.iterdir()))


def test_what_was_not_used_for_longest_goes_first(folder):
    cache = Cache(folder, CacheLimits(most_bytes=250, in_use_seconds=60, sweep_seconds=0))
    for minutes in (10, 20, 30, 40):
        put(cache, f"{minutes}", fetched=HOUR, used=60.0 * minutes)
    assert cache.sweep() == 2
    assert [cache.find(url) is not None for url in ("10", "20", "30", "40")] == [True, True, False, False]


def test_what_is_too_old_is_not_given_out_and_goes(folder):
    cache = Cache(folder, CacheLimits(oldest_seconds=HOUR, in_use_seconds=60, sweep_seconds=0))
    put(cache, "old", fetched=HOUR + 100)
    put(cache, "young", fetched=HOUR - 100)
    assert cache.find("old") is None
    assert cache.sweep() == 1
    assert cache.find("young") is not None


def test_what_was_used_just_now_stays_even_when_there_is_too_much(folder):
    cache = Cache(folder, CacheLimits(most_bytes=50, in_use_seconds=60, sweep_seconds=0))
    for number in range(3):
        put(cache, f"{number}", fetched=HOUR, used=HOUR)
    assert cache.find("1") is not None
    assert cache.sweep() == 2
    assert cache.find("1") is not None


def test_the_left_over_part_of_a_killed_process_goes(folder):
    cache = Cache(folder, CacheLimits(oldest_seconds=HOUR, in_use_seconds=60, sweep_seconds=0))
    part = folder / ".part-abc"
    part.write_bytes(b"half")
    os.utime(part, (time.time() - 2 * HOUR,) * 2)
    assert cache.sweep() == 1
    assert left(folder) == 0


def test_it_is_not_swept_again_right_away(folder):
    cache = Cache(folder, CacheLimits(most_bytes=0, in_use_seconds=0, sweep_seconds=60))
    assert cache.sweep() == 0
    put(cache, "1", fetched=HOUR)
    assert cache.sweep() == 0
    assert left(folder) == 1


async def test_fetching_keeps_the_cache_within_its_bytes(folder, host):
    data = image_bytes()
    limits = CacheLimits(most_bytes=5 * len(data), in_use_seconds=0, sweep_seconds=0)
    async with Outbound(allow_private=True) as outbound:
        images = ImageStore(folder, outbound=outbound, limits=limits)
        uploaded = await images.keep(data)
        for number in range(20):
            host.pages[f"/{number}"] = Page(body=data)
            await images.fetch(host.url(f"/{number}"))
        assert left(folder / "fetched") <= 6
        assert images.stored(uploaded) is not None
