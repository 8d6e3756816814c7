"""All caches share one budget: the least recently used goes first, and equal questions are computed once."""

from __future__ import annotations

import gc
import os
import random
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from zfnet_core.errors import ExplorerError
from zfnet_core.serving.cache_budget import Cache, CacheBudget, parse_bytes

ROOT = Path(__file__).parents[2]
PATIENCE_S = 30


class Thing:
    """Something that can be referred to weakly."""


def caches(max_bytes: int, count: int = 1) -> tuple[CacheBudget, list[Cache[str]]]:
    budget = CacheBudget(max_bytes)
    return budget, [Cache(len, budget) for _ in range(count)]


def test_the_least_recently_used_goes_first_whichever_cache_it_is_in() -> None:
    budget, (photos, networks) = caches(10, 2)
    photos.put("a", "aaaa")
    networks.put("a", "bbbb")
    assert photos.get("a") == "aaaa"
    photos.put("c", "cccc")
    assert (photos.get("a"), networks.get("a"), photos.get("c")) == ("aaaa", None, "cccc")
    assert (photos.used_bytes, networks.used_bytes, budget.used_bytes) == (8, 0, 8)
    assert (len(photos), len(networks)) == (2, 0)


def test_literal_accounting_of_a_long_day() -> None:
    """Against a plain list of what should be there, most recently used last."""
    budget, shelves = caches(1000, 3)
    expected: list[tuple[int, int, int]] = []  # cache, key, bytes
    dice, dropped = random.Random(7), 0
    for _ in range(3000):
        cache, key, size = dice.randrange(3), dice.randrange(20), dice.randrange(150)
        place = next((one for one in expected if one[:2] == (cache, key)), None)
        if dice.random() < 0.6:
            shelves[cache].put(key, "x" * size)
            expected = [one for one in expected if one != place] + [(cache, key, size)]
            while sum(size for *_, size in expected) > 1000:
                expected.pop(0)
                dropped += 1
        else:
            found = shelves[cache].get(key)
            assert (None if found is None else len(found)) == (place[2] if place else None)
            if place:
                expected = [one for one in expected if one != place] + [place]
        assert budget.used_bytes == sum(size for *_, size in expected) <= 1000
    assert dropped > 1000
    for index, shelf in enumerate(shelves):
        assert len(shelf) == sum(cache == index for cache, *_ in expected) > 0


def test_a_value_in_use_stays_whole_when_it_is_dropped() -> None:
    budget = CacheBudget(8)
    cache: Cache[bytearray] = Cache(len, budget)
    used = cache.get_or_make("a", lambda: bytearray(b"12345678"))
    cache.put("b", bytearray(5))
    assert cache.get("a") is None and used == b"12345678"
    assert cache.get_or_make("a", lambda: bytearray(b"12345678")) is not used and len(cache) == 1


def test_a_value_that_was_dropped_is_found_again_while_somebody_uses_it() -> None:
    budget = CacheBudget(8)
    cache: Cache[Thing] = Cache(lambda _: 5, budget)
    used, made = cache.get_or_make("a", Thing), []
    cache.put("b", Thing())
    assert budget.used_bytes == 5
    assert cache.get_or_make("a", lambda: made.append(1) or Thing()) is used and not made  # the other one went
    assert cache.get("b") is None and budget.used_bytes == 5
    too_large: Cache[Thing] = Cache(lambda _: 50, budget)
    large = too_large.get_or_make("c", Thing)
    assert too_large.get_or_make("c", Thing) is large and len(too_large) == 0
    cache.put("b", Thing())
    there = weakref.ref(used)
    del used
    gc.collect()
    assert there() is None and cache.get("a") is None


def test_a_dropped_value_is_not_found_once_it_was_forgotten_or_replaced() -> None:
    budget = CacheBudget(8)
    cache: Cache[Thing] = Cache(lambda _: 5, budget)
    one, owner, other = Thing(), Thing(), Thing()
    for forget in (lambda: cache.drop("a"), cache.clear, lambda: cache.put("a", other)):
        cache.put("a", one)
        cache.put("b", Thing())
        forget()
        assert cache.get("a") is not one
    cache.put("a", one, of=owner)
    cache.put("b", Thing())
    assert cache.get("a") is None  # it belongs to somebody, whose number may be given away again


def test_memory_can_be_asked_back() -> None:
    budget, (photos, networks) = caches(100, 2)
    for key in "abc":
        photos.put(key, "1234567890")
    networks.put("n", "12345")
    assert photos.get("a") and budget.give_up(11) == 20
    assert (photos.get("a"), photos.get("b"), photos.get("c"), networks.get("n")) == ("1234567890", None, None, "12345")
    assert budget.give_up(1000) == 15 and budget.used_bytes == 0 and budget.give_up(1) == 0


def test_a_value_over_the_bound_is_returned_but_not_kept_and_drops_nothing() -> None:
    budget, (cache,) = caches(3)
    cache.put("small", "1")
    assert cache.get_or_make("big", lambda: "12345") == "12345"
    assert cache.get("big") is None and cache.get("small") == "1" and budget.used_bytes == 1


def test_replacing_a_value_counts_it_once() -> None:
    budget, (cache,) = caches(10)
    cache.put("a", "1234")
    cache.put("a", "12")
    assert cache.used_bytes == budget.used_bytes == 2
    cache.put("a", "12345678901")
    assert cache.get("a") is None and budget.used_bytes == 0


def test_none_is_a_value_like_any_other() -> None:
    cache: Cache[None] = Cache(lambda _: 1, CacheBudget(10))
    made: list[int] = []
    for _ in range(2):
        assert cache.get_or_make("nothing", lambda: made.append(1)) is None
    assert made == [1]


def test_the_bound_can_be_changed_while_it_is_used() -> None:
    budget, (cache,) = caches(10)
    for key in "abc":
        cache.put(key, "123")
    budget.max_bytes = 6
    assert budget.used_bytes == 6 and cache.get("a") is None
    budget.max_bytes = 100
    cache.put("d", "x" * 90)
    assert budget.used_bytes == 96


def test_what_is_held_leaves_less_for_the_caches_until_it_goes() -> None:
    """A visitor's own network cannot be dropped, and must be counted."""
    budget, (cache,) = caches(10)
    cache.put("a", "1234")
    cache.put("b", "1234")
    owner = Thing()
    budget.hold(owner, 5)
    assert budget.used_bytes == 9 and cache.get("a") is None and cache.get("b") == "1234"
    assert cache.get_or_make("c", lambda: "123456") == "123456" and cache.get("c") is None
    del owner
    gc.collect()
    assert budget.used_bytes == 4
    cache.put("c", "123456")
    assert budget.used_bytes == 10


def test_what_belongs_to_something_goes_with_it() -> None:
    budget, (cache,) = caches(100)
    owner, other = Thing(), Thing()
    for one, text in ((owner, "12"), (other, "123")):
        cache.get_or_make(id(one), lambda text=text: text, of=one)
    assert budget.used_bytes == 5
    del owner
    gc.collect()
    assert budget.used_bytes == 3 and cache.get(id(other)) == "123" and len(cache) == 1


def test_what_is_made_again_and_again_for_one_owner_leaves_no_trail() -> None:
    """A drag over a photo makes thousands of answers, most of which are dropped soon."""
    budget, (cache,) = caches(10)
    owner = Thing()
    for number in range(1000):
        cache.put(number, "123", of=owner)
    assert len(cache) == 3 and [len(places) for places in budget._places_of.values()] == [3]
    assert weakref.getweakrefcount(owner) == 1
    del owner
    gc.collect()
    assert budget.used_bytes == 0 and budget._places_of == {}


def test_a_cache_that_has_gone_leaves_nothing_behind() -> None:
    budget, shelves = caches(100, 2)
    for cache in shelves:
        cache.put("a", "1234")
    del cache
    shelves.pop()
    gc.collect()
    assert budget.used_bytes == 4 and shelves[0].get("a") == "1234"


def test_a_cache_can_be_cleared_without_the_others() -> None:
    budget, (first, second) = caches(100, 2)
    first.put("a", "1234")
    second.put("a", "12")
    first.clear()
    assert first.get("a") is None and second.get("a") == "12" and budget.used_bytes == 2


def test_what_ends_with_a_dropped_value_may_use_the_cache() -> None:
    budget = CacheBudget(1)
    cache: Cache[object] = Cache(lambda _: 1, budget)
    seen: list[int] = []

    class Telling:
        def __del__(self) -> None:
            seen.append(len(cache))

    def work() -> None:
        cache.put("a", Telling())
        cache.put("b", "b")
        budget.max_bytes = 0

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(PATIENCE_S)
    assert not thread.is_alive() and seen == [1]


class Meeting:
    """Many threads that ask a cache for one key; each computation waits until it may end."""

    def __init__(self, cache: Cache[str], key: str = "k") -> None:
        self.cache, self.key = cache, key
        self.at_once = self.most_at_once = self.calls = 0
        self.lock, self.answers = threading.Lock(), []
        self.threads: list[threading.Thread] = []

    def ask(self, make: Callable[[], str]) -> threading.Thread:
        def counted() -> str:
            with self.lock:
                self.calls += 1
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
            try:
                return make()
            finally:
                with self.lock:
                    self.at_once -= 1

        def work() -> None:
            try:
                self.answers.append(self.cache.get_or_make(self.key, counted))
            except ValueError as error:
                self.answers.append(f"failed: {error}")

        self.threads.append(threading.Thread(target=work, daemon=True))
        self.threads[-1].start()
        return self.threads[-1]

    def askers(self) -> int:
        making = self.cache._making.get(self.key)
        return making.askers if making else 0

    def end(self) -> None:
        for thread in self.threads:
            thread.join(PATIENCE_S)
            assert not thread.is_alive()


def wait_for(true: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(PATIENCE_S * 500):
        if true():
            return
        pause.wait(0.002)
    raise AssertionError("it did not happen in time")


@pytest.mark.parametrize("max_bytes", [100, 0], ids=["kept", "too large to be kept"])
def test_equal_questions_at_once_are_computed_once(max_bytes: int) -> None:
    _, (cache,) = caches(max_bytes)
    meeting, may_end = Meeting(cache), threading.Event()

    def slow() -> str:
        assert may_end.wait(PATIENCE_S)
        return "value"

    for _ in range(8):
        meeting.ask(slow)
    wait_for(lambda: meeting.askers() == 8)
    may_end.set()
    meeting.end()
    assert meeting.answers == ["value"] * 8 and meeting.calls == 1
    assert cache._making == {}


def test_a_failure_is_not_kept() -> None:
    _, (cache,) = caches(100)

    def fail() -> str:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        cache.get_or_make("k", fail)
    assert cache.get_or_make("k", lambda: "yes") == "yes"


def test_after_a_failure_one_key_is_still_computed_by_one_at_a_time() -> None:
    """The first fails while the second waits; a third that comes then must wait for the second."""
    _, (cache,) = caches(100)
    meeting, may_fail, may_end = Meeting(cache), threading.Event(), threading.Event()

    def fail() -> str:
        assert may_fail.wait(PATIENCE_S)
        raise ValueError("no")

    def slow() -> str:
        assert may_end.wait(PATIENCE_S)
        return "yes"

    first = meeting.ask(fail)
    wait_for(lambda: meeting.calls == 1)
    meeting.ask(slow)
    wait_for(lambda: meeting.askers() == 2)
    may_fail.set()
    first.join(PATIENCE_S)
    wait_for(lambda: meeting.calls == 2)
    meeting.ask(slow)
    wait_for(lambda: meeting.askers() == 2)
    may_end.set()
    meeting.end()
    assert meeting.answers == ["failed: no", "yes", "yes"]
    assert meeting.most_at_once == 1 and meeting.calls == 2


@pytest.mark.parametrize(
    ("text", "size"),
    [("2G", 2 * 2**30), ("1.5 GB", 3 * 2**29), ("800m", 800 * 2**20), ("1048576", 2**20), (" 3 GiB ", 3 * 2**30)],
)
def test_sizes_as_people_write_them(text: str, size: int) -> None:
    assert parse_bytes(text) == size


@pytest.mark.parametrize("text", ["", "much", "-2G", "2 X", "0", "1000", "G", "nan", "2G2", "1e9"])
def test_a_size_that_is_none_is_a_sentence(text: str) -> None:
    with pytest.raises(ExplorerError, match="is not a size such as 2G or 800M"):
        parse_bytes(text)


@pytest.fixture
def server_budget(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], str]]:
    def told(asked: str) -> str:
        program = (
            "from zfnet_core.serving.cache_budget import Cache, budget\n"
            "cache = Cache(len); cache.put('a', 'x' * 1000)\n"
            "print(budget().max_bytes, budget().used_bytes)\n"
        )
        environment = {**os.environ, "ZFNET_EXPLORER_MEMORY": asked}
        if not asked:
            del environment["ZFNET_EXPLORER_MEMORY"]
        return subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
        ).stdout

    yield told


def test_the_servers_budget_is_a_number_that_can_be_set(server_budget: Callable[[str], str]) -> None:
    assert server_budget("64M") == f"{64 * 2**20} 1000\n"
    usual, used = map(int, server_budget("").split())
    assert 2**28 <= usual <= 3 * 2**30 and used == 1000
