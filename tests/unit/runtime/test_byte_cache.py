"""The cache bounded in bytes: one entry per key, the least recently used is evicted (D-51)."""

from __future__ import annotations

import sys
import tracemalloc

from broker.runtime.byte_cache import ByteCache, bytes_of

SMALL, LARGE = "s" * 100, "l" * 50_000


def test_an_entry_is_found_by_its_key_and_version_only() -> None:
    cache = ByteCache[str](10_000)
    assert cache.get("a", 1) is None
    assert cache.put("a", 1, "one") == "one"
    assert cache.get("a", 1) == "one"
    assert cache.get("a", 2) is None
    assert cache.get("b", 1) is None


def test_another_version_replaces_the_entry() -> None:
    cache = ByteCache[str](10_000)
    cache.put("a", 1, "one")
    size = cache.size
    for version in range(2, 100):
        cache.put("a", version, "one")
    assert (len(cache), cache.size) == (1, size)
    assert cache.get("a", 1) is None


def test_the_least_recently_used_entries_are_evicted() -> None:
    cache = ByteCache[str](10_000)
    for number in range(100):
        cache.put(number, 1, SMALL)
        assert cache.get(0, 1) == SMALL
    assert cache.size <= 10_000
    assert 1 < len(cache) < 30
    assert cache.get(1, 1) is None


def test_a_value_above_the_bound_is_returned_and_not_held() -> None:
    cache = ByteCache[str](10_000)
    cache.put("b", 1, SMALL)
    cache.put("a", 1, SMALL)
    assert cache.put("a", 2, LARGE) == LARGE
    assert cache.get("a", 2) is None
    # The entries of other keys stay.
    assert (len(cache), cache.get("b", 1)) == (1, SMALL)


def test_versions_and_parts_are_counted() -> None:
    cache = ByteCache[str](10_000)
    cache.put("a", LARGE, SMALL)
    cache.put("b", 1, SMALL, (LARGE,))
    assert len(cache) == 0
    assert bytes_of((SMALL, (LARGE,))) > sys.getsizeof(SMALL) + sys.getsizeof(LARGE)


def test_the_estimate_bounds_the_memory() -> None:
    cache = ByteCache[tuple[str, ...]](1_000_000)
    tracemalloc.start()
    for key in range(3_000):
        cache.put(key, (key, f"version {key}"), tuple(f"{key} scope {n}" for n in range(key % 50)))
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert cache.size <= 1_000_000
    assert used < 1.2 * cache.size
