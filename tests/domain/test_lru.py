"""What a bounded cache keeps and what it drops."""

from __future__ import annotations

import pytest

from domain.lru import Lru


def filled() -> Lru[str, int]:
    cache: Lru[str, int] = Lru(2)
    cache["a"], cache["b"] = 1, 2
    return cache


def test_what_was_written_first_is_dropped_first() -> None:
    cache = filled()
    cache["c"] = 3
    assert dict(cache) == {"b": 2, "c": 3}


@pytest.mark.parametrize("read", [lambda cache: cache["a"], lambda cache: cache.get("a"), lambda cache: "a" in cache])
def test_what_was_read_lately_is_kept(read) -> None:
    cache = filled()
    read(cache)
    cache["c"] = 3
    assert set(cache) == {"a", "c"}


def test_what_was_written_again_is_kept_and_counts_once() -> None:
    cache = filled()
    cache["a"] = 10
    assert len(cache) == 2
    cache["c"] = 3
    assert dict(cache) == {"a": 10, "c": 3}


def test_what_is_not_there_is_missing_as_in_a_dict() -> None:
    cache = filled()
    assert cache.pop("a") == 1
    assert cache.pop("a", None) is None
    assert cache.get("a") is None
    assert "a" not in cache
    with pytest.raises(KeyError, match="a"):
        cache["a"]
