"""The cache keeps its bound, forgets the oldest first, and computes equal questions once."""

from __future__ import annotations

import threading
import time

import pytest

from zfnet_core.bounded_cache import BoundedCache


def test_least_recently_used_goes_first() -> None:
    cache: BoundedCache[str] = BoundedCache(10, len)
    for key in ("a", "b", "c"):
        cache.put(key, key * 4)
        cache.get("a")
    assert cache.get("a") == "aaaa" and cache.get("b") is None and cache.get("c") == "cccc"
    assert cache.used_bytes == 8 and len(cache) == 2


def test_a_value_over_the_bound_is_returned_but_not_kept() -> None:
    cache: BoundedCache[str] = BoundedCache(3, len)
    assert cache.get_or_make("big", lambda: "12345") == "12345"
    assert len(cache) == 0 and cache.used_bytes == 0


def test_replacing_a_value_counts_it_once() -> None:
    cache: BoundedCache[str] = BoundedCache(10, len)
    cache.put("a", "1234")
    cache.put("a", "12")
    assert cache.used_bytes == 2


def test_equal_questions_at_once_are_computed_once() -> None:
    cache: BoundedCache[str] = BoundedCache(100, len)
    calls: list[int] = []

    def slow() -> str:
        calls.append(1)
        time.sleep(0.05)
        return "value"

    answers: list[str] = []
    threads = [threading.Thread(target=lambda: answers.append(cache.get_or_make("k", slow))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == ["value"] * 8 and len(calls) == 1


def test_a_failure_is_not_kept() -> None:
    cache: BoundedCache[str] = BoundedCache(100, len)

    def fail() -> str:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        cache.get_or_make("k", fail)
    assert cache.get_or_make("k", lambda: "yes") == "yes"


def test_who_waits_for_a_failure_tries_in_its_turn() -> None:
    cache: BoundedCache[str] = BoundedCache(100, len)
    first_asks, first_may_fail = threading.Event(), threading.Event()
    answers: list[str] = []

    def fail() -> str:
        first_asks.set()
        first_may_fail.wait()
        raise ValueError("no")

    def unlucky() -> None:
        with pytest.raises(ValueError, match="no"):
            cache.get_or_make("k", fail)

    threads = [threading.Thread(target=unlucky)]
    threads[0].start()
    first_asks.wait()
    threads.append(threading.Thread(target=lambda: answers.append(cache.get_or_make("k", lambda: "yes"))))
    threads[1].start()
    first_may_fail.set()
    for thread in threads:
        thread.join()
    assert answers == ["yes"]
