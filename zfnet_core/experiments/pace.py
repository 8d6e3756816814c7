"""How many photos go through a network at once, and how many batches side by side, while somebody watches."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from zfnet_core.models.network import Network

Item = TypeVar("Item")
Result = TypeVar("Result")

MULTIPLY_ADDS_A_STEP = 7e9  # about 0.2 s on one CPU core
CPU_LIMIT, GPU_LIMIT = 8, 64


def photos_per_step(network: Network) -> int:
    """As many photos as one CPU core manages in about 0.2 s, or a fixed batch on a GPU.

    It depends on nothing but network and device, so that a repeated run gives the same numbers.
    """
    if network.device.type != "cpu":
        return GPU_LIMIT
    return int(min(CPU_LIMIT, max(1, MULTIPLY_ADDS_A_STEP // max(1, network.macs))))


def parts(count: int, at_most: int) -> Iterator[slice]:
    """0 … `count` in parts of nearly equal size, none larger than `at_most`."""
    number = -(-count // at_most)
    for index in range(number):
        yield slice(count * index // number, count * (index + 1) // number)


def in_lanes(work: Callable[[Item], Result], items: Iterable[Item], lanes: int = 1) -> Iterator[Result]:
    """`work(item)` of every item, in order, computed on up to `lanes` threads at a time.

    With one torch thread each (`torch.set_num_threads(1)`), lanes use several cores better than threads inside one
    small batch do, because they never wait for each other. Nothing is started that is not asked for soon.
    """
    if lanes <= 1:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(lanes) as pool:
        started: deque[Future[Result]] = deque()
        for item in items:
            started.append(pool.submit(work, item))
            if len(started) == lanes:
                yield started.popleft().result()
        while started:
            yield started.popleft().result()
