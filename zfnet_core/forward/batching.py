"""How many photos go through a network at once, and how many batches side by side, while somebody watches.

The only place that knows how large a GPU is. All sizes follow from its whole memory, which does not change from run to
run as the free memory does: a convolution may choose another kernel for another batch size, and a repeated run should
give the same digits.
"""

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
SHARE_OF_GPU = 0.125
FLOATS_PER_UNIT = 4  # inputs and outputs around the largest layer


def photos_per_step(network: Network) -> int:
    """As many photos as one CPU core manages in about 0.2 s, or fill an eighth of a GPU's memory.

    It depends on nothing but network and device, so that a repeated run gives the same numbers.
    """
    fit = fitting(network.device, FLOATS_PER_UNIT * max(math.prod(step.shape) for step in network.steps))
    if fit is not None:
        return min(GPU_LIMIT, max(1, fit))
    return int(min(CPU_LIMIT, max(1, MULTIPLY_ADDS_A_STEP // max(1, network.macs))))


def fitting(device: torch.device, floats: int) -> int | None:
    """How many things of so many float32 numbers fit into an eighth of a GPU's memory; None on a CPU."""
    if device.type != "cuda":
        return None
    return int(SHARE_OF_GPU * torch.cuda.get_device_properties(device).total_memory // (4 * floats))


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
