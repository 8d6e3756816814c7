"""The server's memory as the system counts it, kept within what was promised: the program and `--memory` on top.

The caches' budget counts what they keep. What visits hold on to besides, files that were uploaded and the C library's
holes between large arrays are in no list; only the process's size tells. Above the bound what can be computed again is
given up first, then the visits that have been left for longest, whose photos are asked for when somebody comes back.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ui.heap import give_back
from ui.upkeep import left_longest
from zfnet_core.serving.cache_budget import CacheBudget

PAGE = 4096
AT_ONCE = 8  # visits
LATER_BYTES = 150 * 2**20
"""What the program itself takes only once it is used: modules, threads, the library's own tables."""


def own_bytes() -> int | None:
    """What the process has in memory of its own, without files that are mapped; None where the system does not tell."""
    if not sys.platform.startswith("linux"):
        return None
    _, resident, shared = Path("/proc/self/statm").read_text().split()[:3]
    return PAGE * (int(resident) - int(shared))


def tidy() -> None:
    """Forget what nobody refers to any more, and hand free memory back to the system."""
    gc.collect()
    give_back()


@dataclass
class MemoryBound:
    """Keeps `measure()` at or below `limit` bytes. `budget` bounds the caches, `tidy` makes what was let go of free."""

    budget: CacheBudget
    limit: int
    measure: Callable[[], int | None] = own_bytes
    tidy: Callable[[], None] = tidy

    @classmethod
    def of(
        cls, budget: CacheBudget, measure: Callable[[], int | None] = own_bytes, later: int = LATER_BYTES
    ) -> MemoryBound:
        """The bound of a program that has just started: what it takes now without its caches, and the whole budget."""
        return cls(budget, (measure() or 0) - budget.used_bytes + later + budget.max_bytes, measure)

    def over(self) -> int:
        """Bytes above the limit; 0 where the system does not tell."""
        found = self.measure()
        return 0 if found is None else max(0, found - self.limit)

    async def hold(self, runtime: Any) -> int:
        """Make room where there is too little; returns how many visits had to be let go of. For the event loop."""
        if not self.over():
            return 0
        await asyncio.to_thread(self.tidy)
        if over := self.over():
            self.budget.give_up(min(over, self.budget.used_bytes - self.budget.max_bytes // 2))
            await asyncio.to_thread(self.tidy)
        gone = 0
        while self.over() and (went := left_longest(runtime, AT_ONCE)):
            gone += went
            await asyncio.to_thread(self.tidy)
        if over := self.over():
            self.budget.give_up(over)
            await asyncio.to_thread(self.tidy)
        return gone
