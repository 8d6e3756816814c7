"""Where an occluder can be felt in each layer, worked out one axis at a time from geometry alone.

Everything an occluder changes in a layer is again a rectangle: an interval of rows times an interval of columns. So
rows and columns are planned separately, as two short lists of numbers, and only their product meets the network.

    pixels   . . # # # # . . . .      the occluder covers four pixels
    conv     . # # # . .              three units can tell (kernel 3, stride 2)

Two positions that cover the same part of a unit's window give it the same value. Each such unit-and-what-it-sees is one
*entry*: it is computed once, however many positions share it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

CLEAN = -1


@dataclass(frozen=True, eq=False)
class AxisView:
    """What each of P positions sees along one axis of a layer with `size` units.

    `unit[e]` is the unit that entry e stands for; `seen[p, u]` is the entry that position p sees at unit u, or CLEAN
    where it sees what the untouched photo gives.
    """

    size: int
    unit: np.ndarray
    seen: np.ndarray

    @property
    def entries(self) -> int:
        """Number of distinct changed values along this axis."""
        return len(self.unit)


@dataclass(frozen=True, eq=False)
class Reading:
    """B blocks of `outputs` neighbouring units, and the T units of the layer below that each block reads.

    `unit[b, t]` is a unit below (its size stands for padding), `entry[b, t]` the entry seen there or CLEAN.
    """

    outputs: int
    unit: np.ndarray
    entry: np.ndarray

    @property
    def blocks(self) -> int:
        return len(self.unit)

    @property
    def taps(self) -> int:
        return self.unit.shape[1]


@dataclass(frozen=True)
class SlidingWindow:
    """A sliding window along one axis: `size_in` units below give `size_out` units."""

    kernel: int
    stride: int
    padding: int
    size_in: int
    size_out: int


@dataclass(frozen=True, eq=False)
class AxisPlan:
    """How to compute one layer along one axis: the readings, block after block, and what the positions then see.

    Entries are numbered in the order of the readings, of their blocks and of a block's outputs.
    """

    readings: tuple[Reading, ...]
    view: AxisView


def covered_pixels(size: int, starts: Sequence[int], length: int) -> AxisView:
    """The photo itself: at each start the `length` pixels from there on are covered. Pixel u's entry is u."""
    pixels = np.arange(size)
    first = np.asarray(starts)[:, None]
    covered = (pixels >= first) & (pixels < first + length)
    return AxisView(size, pixels, np.where(covered, pixels, CLEAN))


def through_windows(below: AxisView, window: SlidingWindow) -> AxisPlan:
    """One block for every distinct changed window: for convolutions and pools computed unit by unit."""
    windows = sliding_window_view(_extended(below, window), window.kernel, axis=1)
    windows = windows[:, :: window.stride][:, : window.size_out]
    position, unit = np.nonzero((windows != CLEAN).any(axis=2))
    keys = np.column_stack([unit, windows[position, unit]])
    distinct, entry = _distinct_rows(keys)
    seen = np.full((len(below.seen), window.size_out), CLEAN)
    seen[position, unit] = entry
    reading = _reading(1, distinct[:, 0], distinct[:, 1:], window)
    return AxisPlan((reading,), AxisView(window.size_out, distinct[:, 0], seen))


def through_tiles(below: AxisView, window: SlidingWindow, sizes: Sequence[int]) -> AxisPlan:
    """Tiles of neighbouring units (stride 1) that cover each position's changed interval, for fast convolution."""
    extended = _extended(below, window)
    windows = sliding_window_view(extended, window.kernel, axis=1)[:, : window.size_out]
    changed = (windows != CLEAN).any(axis=2)
    keys: dict[int, list[np.ndarray]] = {size: [] for size in sizes}
    owners: dict[int, list[int]] = {size: [] for size in sizes}
    for position in np.flatnonzero(changed.any(axis=1)):
        units = np.flatnonzero(changed[position])
        start = units[0]
        for size in _tiling(int(units[-1]) - int(start) + 1, tuple(sizes)):
            taps = extended[position, start : start + size + window.kernel - 1]
            keys[size].append(np.concatenate([[start], taps]))
            owners[size].append(int(position))
            start += size
    seen = np.full((len(below.seen), window.size_out), CLEAN)
    readings, stands_for, first_entry = [], [], 0
    for size in sizes:
        rows = np.array(keys[size], dtype=np.int64).reshape(-1, size + window.kernel)
        distinct, block = _distinct_rows(rows)
        readings.append(_reading(size, distinct[:, 0], distinct[:, 1:], window))
        for output in range(size):
            unit, entry = rows[:, 0] + output, first_entry + block * size + output
            owner = np.array(owners[size], dtype=np.int64)
            felt = unit < window.size_out
            felt[felt] = changed[owner[felt], unit[felt]]
            seen[owner[felt], unit[felt]] = entry[felt]
        stands_for.append(distinct[:, :1] + np.arange(size))
        first_entry += size * len(distinct)
    unit = np.concatenate([part.reshape(-1) for part in stands_for])
    return AxisPlan(tuple(readings), AxisView(window.size_out, np.minimum(unit, window.size_out - 1), seen))


@cache
def _tiling(length: int, sizes: tuple[int, ...]) -> tuple[int, ...]:
    """Tile sizes that cover `length` units with the fewest multiplications: a tile of m outputs needs m + 2."""
    if length <= 0:
        return ()
    options = (((size, *_tiling(length - size, sizes))) for size in sizes)
    return min(options, key=lambda tiles: (sum(tiles) + 2 * len(tiles), len(tiles)))


def _extended(below: AxisView, window: SlidingWindow) -> np.ndarray:
    """`below.seen` with room for the padding in front and for whatever a last window or tile overhangs behind."""
    room = window.kernel * window.stride + 8
    extended = np.full((len(below.seen), window.padding + below.size + room), CLEAN)
    extended[:, window.padding : window.padding + below.size] = below.seen
    return extended


def _reading(outputs: int, first_unit: np.ndarray, entry: np.ndarray, window: SlidingWindow) -> Reading:
    unit = first_unit[:, None] * window.stride - window.padding + np.arange(entry.shape[1])
    return Reading(outputs, np.where((unit < 0) | (unit >= window.size_in), window.size_in, unit), entry)


def _distinct_rows(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if not len(rows):
        return rows, np.zeros(0, dtype=np.int64)
    distinct, inverse = np.unique(rows, axis=0, return_inverse=True)
    return distinct, inverse.reshape(-1)


def coarse_to_fine(rows: int, columns: int, coarsest: int) -> list[list[tuple[np.ndarray, np.ndarray]]]:
    """The order of a grid: every `coarsest`-th position first, then every half of that, down to all.

    Each level is a list of (row indices, column indices) whose products are exactly the positions it adds, so that
    nothing is computed twice. `coarsest` is a power of two; 1 gives a single level.
    """
    levels: list[list[tuple[np.ndarray, np.ndarray]]] = []
    step, known_rows, known_columns = coarsest, np.zeros(0, dtype=int), np.zeros(0, dtype=int)
    while step >= 1:
        all_rows, all_columns = np.arange(0, rows, step), np.arange(0, columns, step)
        new_rows, new_columns = np.setdiff1d(all_rows, known_rows), np.setdiff1d(all_columns, known_columns)
        blocks = [(known_rows, new_columns), (new_rows, all_columns)]
        levels.append([(r, c) for r, c in blocks if len(r) and len(c)])
        known_rows, known_columns, step = all_rows, all_columns, step // 2
    return levels


def cut(rows: np.ndarray, columns: np.ndarray, positions: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Cut a block of positions into nearly square pieces of at most `positions`, row by row."""
    bands = np.array_split(rows, -(-len(rows) // max(1, round(positions**0.5))))
    width = max(1, positions // len(bands[0]))
    return [(band, part) for band in bands for part in np.array_split(columns, -(-len(columns) // width))]
