"""A cache with a bound on bytes: the least recently used results go first, and equal questions are computed once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class BoundedCache(Generic[Value]):
    """Maps keys to values whose sizes (in bytes, by `size_of`) add up to at most `max_bytes`.

    Thread-safe. When two threads ask for the same missing key, one computes and the other waits for its result; where
    it fails, nothing is kept and the other tries in its turn. A value larger than the bound is returned but not kept.
    """

    def __init__(self, max_bytes: int, size_of: Callable[[Value], int]) -> None:
        self.max_bytes, self._size_of = max_bytes, size_of
        self._values: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self._making: dict[Hashable, threading.Lock] = {}

    def get(self, key: Hashable) -> Value | None:
        """The value, now the most recently used one, or None."""
        with self._lock:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key][0]

    def get_or_make(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The value of `key`, computed by `make` when it is not there."""
        if (value := self.get(key)) is not None:
            return value
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        try:
            with making:
                if (value := self.get(key)) is None:
                    value = make()
                    self.put(key, value)
                return value
        finally:
            with self._lock:
                self._making.pop(key, None)

    def put(self, key: Hashable, value: Value) -> None:
        """Keep `value`, dropping the least recently used ones until everything fits."""
        size = self._size_of(value)
        with self._lock:
            if key in self._values:
                self._bytes -= self._values.pop(key)[1]
            if size > self.max_bytes:
                return
            self._values[key] = (value, size)
            self._bytes += size
            while self._bytes > self.max_bytes:
                _, (_, dropped) = self._values.popitem(last=False)
                self._bytes -= dropped

    @property
    def used_bytes(self) -> int:
        """Sum of the kept values' sizes."""
        return self._bytes

    def __len__(self) -> int:
        return len(self._values)
