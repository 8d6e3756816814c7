"""One budget of memory for everything that this server keeps: the least recently used goes first, whoever kept it."""

from __future__ import annotations

import functools
import os
import re
import threading
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

from zfnet_core.errors import ExplorerError
from zfnet_core.language import phrase
from zfnet_core.serving.memory_size import bytes_of

Value = TypeVar("Value")
MEGABYTE = 2**20
USUAL_BYTES = 3072 * MEGABYTE
VARIABLE = "ZFNET_EXPLORER_MEMORY"
UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}

_Place = tuple[int, Hashable]  # the cache's number, and the key in it


class _Kept(NamedTuple):
    """A value, its bytes, and the identity of the object that it belongs to."""

    value: Any
    size: int
    owner: int | None


class CacheBudget:
    """Bounds the bytes of all values kept in its caches together, `max_bytes`. Thread-safe.

    A value that is dropped while somebody uses it stays whole for them, and is found again as long as they do: it is in
    memory anyway, and nobody makes a second one. What is counted by `hold` (a visitor's own network) cannot be dropped
    and leaves less for the caches.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._values: OrderedDict[_Place, _Kept] = OrderedDict()  # least recently used first
        self._in_use: weakref.WeakValueDictionary[_Place, Any] = (
            weakref.WeakValueDictionary()
        )  # dropped, and still alive
        self._places_of: dict[int, set[_Place]] = {}  # by the identity of the object that the values belong to
        self._kept_bytes = self._held_bytes = 0
        self._caches = 0
        # Written by callbacks of the garbage collector, which may come at any moment, also while the lock is held:
        # they only leave a note here.
        self._gone: deque[Callable[[], Any]] = deque()

    @property
    def max_bytes(self) -> int:
        """The bound; setting a smaller one drops at once what no longer fits."""
        return self._max_bytes

    @max_bytes.setter
    def max_bytes(self, value: int) -> None:
        with self._settled() as dropped:
            self._max_bytes = value
            self._fit(dropped)

    @property
    def used_bytes(self) -> int:
        """What is kept and held now."""
        with self._settled():
            return self._kept_bytes + self._held_bytes

    def give_up(self, size: int) -> int:
        """Drop the least recently used values of `size` bytes in sum, or all there are; returns what that was."""
        with self._settled() as dropped:
            before = self._kept_bytes
            while self._values and before - self._kept_bytes < size:
                self._drop_oldest(dropped)
            return before - self._kept_bytes

    def hold(self, owner: object, size: int) -> None:
        """Count `size` bytes for as long as `owner` lives."""
        with self._settled() as dropped:
            self._held_bytes += size
            self._fit(dropped)
        self._when_gone(owner, functools.partial(self._release, size))

    @contextmanager
    def _settled(self) -> Iterator[list[Any]]:
        """Holds the lock, all that has gone being forgotten. Values put in the list end only after it is let go of."""
        dropped: list[Any] = []
        with self._lock:
            while self._gone:
                dropped.append(self._gone.popleft()())
            yield dropped

    def _when_gone(self, owner: object, note: Callable[[], Any]) -> None:
        weakref.finalize(owner, self._gone.append, note).atexit = False

    def _release(self, size: int) -> None:
        self._held_bytes -= size

    def _new_number(self, cache: Cache[Any]) -> int:
        """A number for a cache, whose values are forgotten with it."""
        with self._settled():
            self._caches += 1
            number = self._caches
        self._when_gone(cache, functools.partial(self._forget_cache, number))
        return number

    def _forget_cache(self, number: int) -> list[Any]:
        for place in [place for place in list(self._in_use) if place[0] == number]:
            self._in_use.pop(place, None)
        return [self._take(place) for place in [place for place in self._values if place[0] == number]]

    def _find(self, place: _Place) -> tuple[Any] | None:
        with self._settled():
            if place not in self._values:
                return None
            self._values.move_to_end(place)
            return (self._values[place].value,)

    def _find_in_use(self, place: _Place) -> Any:
        with self._settled():
            return self._in_use.get(place)

    def _put(self, place: _Place, value: Any, size: int, of: object | None) -> None:
        with self._settled() as dropped:
            dropped.append(self._take(place))
            self._in_use.pop(place, None)
            if size > self._max_bytes - self._held_bytes:
                if of is None:
                    self._remember(place, value)
                return
            self._values[place] = _Kept(value, size, None if of is None else id(of))
            self._kept_bytes += size
            if of is not None:
                if id(of) not in self._places_of:
                    self._places_of[id(of)] = set()
                    self._when_gone(of, functools.partial(self._forget_places_of, id(of)))
                self._places_of[id(of)].add(place)
            self._fit(dropped)

    def _drop(self, place: _Place) -> None:
        with self._settled() as dropped:
            dropped.append(self._take(place))
            self._in_use.pop(place, None)

    def _clear(self, number: int) -> None:
        with self._settled() as dropped:
            dropped.extend(self._forget_cache(number))

    def _sizes(self, number: int) -> list[int]:
        with self._settled():
            return [kept.size for place, kept in self._values.items() if place[0] == number]

    def _forget_places_of(self, owner: int) -> list[Any]:
        return [self._take(place) for place in list(self._places_of.pop(owner))]

    def _take(self, place: _Place) -> Any:
        kept = self._values.pop(place, None)
        if kept is None:
            return None
        self._kept_bytes -= kept.size
        if kept.owner in self._places_of:
            self._places_of[kept.owner].discard(place)
        return kept.value

    def _fit(self, dropped: list[Any]) -> None:
        """Drop the least recently used until everything fits."""
        while self._values and self._kept_bytes + self._held_bytes > self._max_bytes:
            self._drop_oldest(dropped)

    def _drop_oldest(self, dropped: list[Any]) -> None:
        place, kept = next(iter(self._values.items()))
        if kept.owner is None:  # what belongs to an object goes with it
            self._remember(place, kept.value)
        dropped.append(self._take(place))

    def _remember(self, place: _Place, value: Any) -> None:
        """Where it is as long as others use it; texts and tuples, for example, cannot be found so."""
        with suppress(TypeError):
            self._in_use[place] = value


@dataclass(eq=False)
class _Making:
    """One value being computed: who asks for it meanwhile waits for `lock`, and finds it in `made`."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    askers: int = 0
    made: tuple[Any] | None = None


class Cache(Generic[Value]):
    """Maps keys to values, kept as long as there is room in the budget that all caches share. Thread-safe.

    `size_of` tells a value's bytes when it is put in; `budget` is the server's own one unless another is given.
    """

    def __init__(self, size_of: Callable[[Value], int] = bytes_of, budget: CacheBudget | None = None) -> None:
        self._size_of, self._given = size_of, budget
        self._lock = threading.Lock()
        self._making: dict[Hashable, _Making] = {}
        self._number: int | None = None

    def get(self, key: Hashable) -> Value | None:
        """The value, now the most recently used one of all caches, or None."""
        found = self._find(key)
        return found[0] if found else None

    def _find(self, key: Hashable) -> tuple[Value] | None:
        place = self._place(key)
        if found := self._budget._find(place):
            return found
        if (value := self._budget._find_in_use(place)) is None:
            return None
        self.put(key, value)
        return (value,)

    def get_or_make(self, key: Hashable, make: Callable[[], Value], of: object | None = None) -> Value:
        """The value of `key`, computed by `make` when it is not there, and forgotten when the object `of` has gone.

        When several threads ask for the same missing key, one computes and the others wait for its result, also where
        that is too large to be kept. Where it fails, nothing is kept, and the next one tries.
        """
        if found := self._find(key):
            return found[0]
        with self._lock:
            making = self._making.setdefault(key, _Making())
            making.askers += 1
        try:
            with making.lock:
                if found := making.made or self._find(key):
                    return found[0]
                value = make()
                making.made = (value,)
                self.put(key, value, of)
                return value
        finally:
            with self._lock:
                making.askers -= 1
                if not making.askers:
                    del self._making[key]

    def put(self, key: Hashable, value: Value, of: object | None = None, size: int | None = None) -> None:
        """Keep `value` until others need the room, or the object `of` has gone; one that cannot fit is not kept.

        `size` is its bytes, where they are known already.
        """
        self._budget._put(self._place(key), value, self._size_of(value) if size is None else size, of)

    def drop(self, key: Hashable) -> None:
        """Forget the value of `key`, if it is there."""
        self._budget._drop(self._place(key))

    def clear(self) -> None:
        """Forget all values."""
        number, _ = self._place(None)
        self._budget._clear(number)

    @property
    def used_bytes(self) -> int:
        """Sum of the kept values' sizes."""
        return sum(self._sizes())

    def __len__(self) -> int:
        return len(self._sizes())

    def _sizes(self) -> list[int]:
        number, _ = self._place(None)
        return self._budget._sizes(number)

    @property
    def _budget(self) -> CacheBudget:
        return self._given or budget()

    def _place(self, key: Hashable) -> _Place:
        if self._number is None:
            with self._lock:
                if self._number is None:
                    self._number = self._budget._new_number(self)
        return self._number, key


_first_use = threading.Lock()
_shared: list[CacheBudget] = []


def budget() -> CacheBudget:
    """The server's budget: what ZFNET_EXPLORER_MEMORY says (`serve.py --memory`), else 3 GB, or half a small machine.

    Raises ExplorerError for a size that cannot be read.
    """
    with _first_use:
        if not _shared:
            asked = os.environ.get(VARIABLE)
            _shared.append(CacheBudget(parse_bytes(asked) if asked else min(USUAL_BYTES, _machine_bytes() // 2)))
        return _shared[0]


def parse_bytes(text: str) -> int:
    """A size as people write it: `2G`, `1.5 GB`, `800M`. Raises ExplorerError for anything else.

    >>> parse_bytes("2G"), parse_bytes("1.5 gb"), parse_bytes("800M")
    (2147483648, 1610612736, 838860800)
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(?:I?B)?\s*", text.upper())
    size = int(float(found[1]) * UNITS[found[2]]) if found else 0
    if size < MEGABYTE:
        raise ExplorerError(
            phrase("The memory to use, “{text}”, is not a size such as 2G or 800M (at least 1M).", text=text)
        )
    return size


def _machine_bytes() -> int:
    """The machine's memory; plenty where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 2 * USUAL_BYTES
