"""One long computation for everybody who asks for it: a class that opens one page waits for its figure once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

from zfnet_core.bounded_cache import BoundedCache

Result = TypeVar("Result")
MOST_UNFINISHED = 32


class _Unfinished(Generic[Result]):
    """A generator of growing results that several threads may push forward, one at a time."""

    def __init__(self, results: Iterator[Result]) -> None:
        self.results, self.lock = results, threading.Lock()
        self.newest: Result | None = None
        self.complete = False
        self.error: BaseException | None = None


class SharedResults(Generic[Result]):
    """Keeps complete results (at most `max_bytes`, by `size_of`) and shares the unfinished ones.

    Whoever asks gets an iterator; all iterators of one key advance the same computation, so that thirty jobs taking
    turns finish it as soon as one alone would. Thread-safe.
    """

    def __init__(self, max_bytes: int, size_of: Callable[[Result], int]) -> None:
        self._complete: BoundedCache[Result] = BoundedCache(max_bytes, size_of)
        self._unfinished: OrderedDict[Hashable, _Unfinished[Result]] = OrderedDict()
        self._lock = threading.Lock()

    def complete(self, key: Hashable) -> Result | None:
        """The complete result, or None."""
        return self._complete.get(key)

    def newest(self, key: Hashable) -> Result | None:
        """The complete result, or the newest partial one that anybody has computed, or None."""
        if (found := self._complete.get(key)) is not None:
            return found
        with self._lock:
            unfinished = self._unfinished.get(key)
        return unfinished.newest if unfinished else None

    def steps(self, key: Hashable, make: Callable[[], Iterator[Result]]) -> Iterator[Result]:
        """Growing results for `key`, computed by `make()` once for all who ask; the last one is complete and kept.

        An exception of the computation is raised for everybody who shares it; whoever asks after that starts anew.
        """
        if (found := self._complete.get(key)) is not None:
            yield found
            return
        with self._lock:
            work = self._unfinished.get(key)
            if work is None:
                work = self._unfinished[key] = _Unfinished(make())
                while len(self._unfinished) > MOST_UNFINISHED:
                    self._unfinished.popitem(last=False)
        while not work.complete:
            with work.lock:
                self._advance(key, work)
            if work.newest is not None:
                yield work.newest

    def forget(self, key: Hashable) -> None:
        """Drop what is unfinished of `key`; whoever is still at it goes on, the next one to ask starts anew."""
        with self._lock:
            self._unfinished.pop(key, None)

    def _advance(self, key: Hashable, work: _Unfinished[Result]) -> None:
        if work.error is not None:  # its generator is dead: what it has yielded so far is not the whole
            raise work.error
        if work.complete:
            return
        try:
            work.newest = next(work.results)
        except StopIteration:
            work.complete = True
            if work.newest is not None:
                self._complete.put(key, work.newest)
            self._forget(key, work)
        except BaseException as error:
            work.error = error
            self._forget(key, work)
            raise

    def _forget(self, key: Hashable, work: _Unfinished[Result]) -> None:
        with self._lock:
            if self._unfinished.get(key) is work:
                del self._unfinished[key]
