"""The cache of the SQLite store is never older than what was answered, and stays within its bounds."""

from __future__ import annotations

import tracemalloc

import orjson

from alur_common.documents.sqlite.cache import Content, DocumentCache


def content(key: str, encoded: bytes = b"{}") -> Content:
    return Content(key, "", ("v",), encoded)


def test_what_was_written_is_found() -> None:
    cache = DocumentCache(10, 10_000)
    cache.put("c", content("a", b"new"), 2)
    assert cache.find("c", "a") == (b"new", 2)
    assert cache.find("other", "a") is None


def test_values_are_known_at_their_revision_only() -> None:
    cache = DocumentCache(10, 10_000)
    cache.put("c", content("a"), 2)
    assert cache.find_values("c", "a", 2) == ("v",)
    assert cache.find_values("c", "a", 1) is None


def test_the_least_used_goes_first() -> None:
    cache = DocumentCache(2, 10_000)
    for key in "ab":
        cache.put("c", content(key), 1)
    cache.find("c", "a")
    cache.put("c", content("x"), 1)
    assert [key for key in "abx" if cache.find("c", key)] == ["a", "x"]


def test_bytes_are_bounded_too() -> None:
    cache = DocumentCache(100, 2000)
    cache.put("c", content("a", b"x" * 700), 1)
    cache.put("c", content("b", b"x" * 700), 1)
    assert cache.find("c", "a") is None
    cache.put("c", content("large", b"x" * 3000), 1)
    assert cache.find("c", "large") is None


def test_replacing_an_entry_frees_its_bytes() -> None:
    cache = DocumentCache(100, 3000)
    cache.put("c", content("other", b"x" * 400), 1)
    for revision in range(1, 50):
        cache.put("c", content("a", b"x" * 400), revision)
    assert cache.find("c", "other")


def test_a_read_fills_the_cache() -> None:
    cache = DocumentCache(10, 10_000)
    ticket = cache.begin_read("c", "a")
    cache.end_read("c", "a", ticket, (b"read", 1))
    assert cache.find("c", "a") == (b"read", 1)
    assert cache.find_values("c", "a", 1) is None


def test_a_read_that_a_write_overtook_is_not_kept() -> None:
    cache = DocumentCache(1, 10_000)
    ticket = cache.begin_read("c", "a")
    cache.put("c", content("a", b"new"), 2)
    cache.put("c", content("b"), 1)
    cache.end_read("c", "a", ticket, (b"old", 1))
    assert cache.find("c", "a") is None


def test_a_read_that_a_deletion_overtook_is_not_kept() -> None:
    cache = DocumentCache(10, 10_000)
    ticket = cache.begin_read("c", "a")
    cache.drop("c", "a")
    cache.end_read("c", "a", ticket, (b"old", 1))
    assert cache.find("c", "a") is None


def test_a_dropped_document_is_not_found() -> None:
    cache = DocumentCache(10, 10_000)
    cache.put("c", content("a"), 1)
    cache.drop("c", "a")
    cache.drop("c", "a")
    assert cache.find("c", "a") is None


def test_a_document_takes_no_more_memory_than_its_bytes() -> None:
    cache = DocumentCache(1_000, 1_000_000)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for number in range(200):
            cache.put("c", content(str(number), orjson.dumps({"text": "x" * 500})), 1)
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < 200 * 1_200
