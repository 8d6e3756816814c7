"""How many photos go through a network at once, and how many batches side by side, while somebody watches."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import torch

from zfnet_core.models.network import Network

Item = TypeVar("Item")
Result = TypeVar("Result")

MULTIPLY_ADDS_A_STEP = 7e9  # about 0.2 s on one CPU core
CPU_LIMIT, GPU_LIMIT = 8, 512
SHARE_OF_GPU = 0.125  # of its whole memory, which does not change from run to run, as the free memory does
FLOATS_PER_UNIT = 4  # inputs and outputs around the largest layer


def photos_per_step(network: Network) -> int:
    """As many photos as one CPU core manages in about 0.2 s, or fill an eighth of a GPU's memory.

    It depends on nothing but network and device, so that a repeated run gives the same numbers.
    """
    if network.device.type == "cuda":
        largest = max(math.prod(step.shape) for step in network.steps)
        room = SHARE_OF_GPU * torch.cuda.get_device_properties(network.device).total_memory
        return int(min(GPU_LIMIT, max(1, room // (FLOATS_PER_UNIT * 4 * largest))))
    return int(min(CPU_LIMIT, max(1, MULTIPLY_ADDS_A_STEP // max(1, network.macs))))


def parts(count: int, at_most: int) -> Iterator[slice]:
    """0 … `count` in parts of nearly equal size, none larger than `at_most`."""
    number = -(-count // at_most)
    for index in range(number):
        yield slice(count * index // number, count * (index + 1) // number)


def in_lanes(
    work: Callable[[Item], Result], items: Iterable[Item], most: int = 1, now: Callable[[], int] | None = None
) -> Iterator[Result]:
    """`work(item)` of every item, in order, computed on up to `most` threads at a time.

    With one torch thread each (`torch.set_num_threads(1)`), lanes use several cores better than threads inside one
    small batch do, because they never wait for each other. Nothing is started that is not asked for soon. `now` is
    asked before each item how many lanes may be taken, so that long work can give way.
    """
    if most <= 1:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(most) as pool:
        started: deque[Future[Result]] = deque()
        for item in items:
            started.append(pool.submit(work, item))
            while len(started) >= (most if now is None else min(most, max(1, now()))):
                yield started.popleft().result()
        while started:
            yield started.popleft().result()
