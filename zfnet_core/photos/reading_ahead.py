"""Reading photos a little ahead of whoever needs them, in threads, within bounds."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Batch = TypeVar("Batch")
READERS, BATCHES_AHEAD = 2, 2


def read_ahead(read: Callable[[int], Batch], numbers: Sequence[int], readers: int = READERS) -> Iterator[Batch]:
    """`read(number)` of all numbers in order; at most BATCHES_AHEAD + `readers` of them are read and not yet taken."""
    pool = ThreadPoolExecutor(readers, thread_name_prefix="reader")
    waiting: deque[Future[Batch]] = deque()
    try:
        for number in numbers:
            waiting.append(pool.submit(read, number))
            if len(waiting) >= BATCHES_AHEAD + readers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
