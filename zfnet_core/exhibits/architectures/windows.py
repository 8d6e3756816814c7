"""How large a map becomes: the one formula behind 224 → 55, and the sum that shows it."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class SlidingWindow:
    """A square window of `kernel` units that moves on by `stride`; `padding` empty units lie around the map.

    `up` rounds the number of places up, so that the last window may hang over the edge (pools of AlexNet and ZFNet).
    """

    kernel: int
    stride: int
    padding: int = 0
    up: bool = False

    def places(self, size: int) -> int:
        """How many places there are along `size` units. Zero where the window does not fit once."""
        room = size + 2 * self.padding - self.kernel
        if room < 0:
            return 0
        found = (-(-room // self.stride) if self.up else room // self.stride) + 1
        # As in PyTorch and Caffe: a window that would begin beyond the map and its left padding sees nothing.
        return found - 1 if self.up and (found - 1) * self.stride >= size + self.padding else found

    def sum(self, size: int) -> str:
        """The formula with its numbers: “⌊(224 + 2·1 − 7) / 2⌋ + 1 = ⌊109.5⌋ + 1 = 110”."""
        room = size + 2 * self.padding - self.kernel
        if room < 0:
            return f"{self.kernel} > {size + 2 * self.padding}"
        left, right = ("⌈", "⌉") if self.up else ("⌊", "⌋")
        padded = f" + 2·{self.padding}" if self.padding else ""
        divided = f"{room / self.stride:g}"
        whole = f"{left}({size}{padded} − {self.kernel}) / {self.stride}{right} + 1"
        found = (math.ceil if self.up else math.floor)(room / self.stride) + 1
        lost = "" if found == self.places(size) else f" → {self.places(size)}"
        return f"{whole} = {left}{divided}{right} + 1 = {found}{lost}"
