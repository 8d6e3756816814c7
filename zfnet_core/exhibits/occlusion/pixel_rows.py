"""A layer's activations as a table of pixel rows: one row of maps for every unit of the clean photo, then one for every
changed unit of the positions at hand.

    row 0 …                    the clean layer, unit by unit, with one column and one row of padding at its far ends
    row (H + 1)·(W + 1) …      the changed units: row entries × column entries

A window, a tile or a whole map is then a list of row numbers, whatever it mixes of clean, changed and padding.
"""

from __future__ import annotations

import math
import threading

import numpy as np
import torch

from zfnet_core.exhibits.occlusion.plan import CLEAN, AxisView, Reading


class Scratch:
    """Named memory that grows to the largest size asked for and is used again: fresh pages cost more than sums."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._memory: dict[str, torch.Tensor] = {}

    def floats(self, name: str, *shape: int) -> torch.Tensor:
        """A float32 tensor of that shape; its content is left over from before."""
        wanted = math.prod(shape)
        memory = self._memory.get(name)
        if memory is None or len(memory) < wanted:
            memory = self._memory[name] = torch.empty(wanted, device=self.device)
        return memory[:wanted].view(shape)


_of_this_thread = threading.local()


def scratch_on(device: torch.device) -> Scratch:
    """Memory for what does not outlive one layer's computation: kept by each thread on the CPU, new on a GPU.

    Several sweeps that take turns on a thread may share it, because they only change places between two layers.
    """
    if device.type != "cpu":
        return Scratch(device)
    if not hasattr(_of_this_thread, "scratch"):
        _of_this_thread.scratch = Scratch(device)
    return _of_this_thread.scratch


class PixelRows:
    """The table of one layer. `clean` is the layer on the untouched photo [1, C, H, W], `padding` the value outside."""

    def __init__(self, clean: torch.Tensor, padding: float) -> None:
        _, self.maps, self.height, self.width = clean.shape
        padded = torch.nn.functional.pad(clean, (0, 1, 0, 1), value=padding)
        self._storage = padded.permute(0, 2, 3, 1).reshape(-1, self.maps).contiguous()
        self.clean_rows = len(self._storage)
        self.rows_view, self.columns_view = _untouched(self.height), _untouched(self.width)

    def change(self, rows_view: AxisView, columns_view: AxisView) -> torch.Tensor:
        """Make room for the changed units [row entries · column entries, maps], to be filled in by the caller."""
        self.rows_view, self.columns_view = rows_view, columns_view
        count = self.clean_rows + rows_view.entries * columns_view.entries
        if count > len(self._storage):
            grown = self._storage.new_empty(count, self.maps)
            grown[: self.clean_rows] = self._storage[: self.clean_rows]
            self._storage = grown
        return self.changed

    @property
    def changed(self) -> torch.Tensor:
        """The changed units [row entries · column entries, maps]."""
        count = self.rows_view.entries * self.columns_view.entries
        return self._storage[self.clean_rows : self.clean_rows + count]

    @property
    def all(self) -> torch.Tensor:
        """All rows: what row numbers count."""
        return self._storage

    def clean_at(self, row_units: np.ndarray, column_units: np.ndarray) -> torch.Tensor:
        """Row numbers of the clean units at row_units × column_units, one after the other."""
        numbers = outer_sum(row_units[:, None] * (self.width + 1), column_units[:, None], self._storage.device)
        return numbers.reshape(-1)

    def read_by(self, rows: Reading, columns: Reading) -> torch.Tensor:
        """Row numbers [row blocks · column blocks, row taps · column taps] of everything that the blocks read."""
        device = self._storage.device
        clean = outer_sum(rows.unit * (self.width + 1), columns.unit, device)
        first = np.where(rows.entry == CLEAN, NEVER, self.clean_rows + rows.entry * self.columns_view.entries)
        changed = outer_sum(first, np.where(columns.entry == CLEAN, NEVER, columns.entry), device)
        return torch.maximum(clean, changed, out=clean)  # changed rows come after all clean ones

    def seen(self) -> torch.Tensor:
        """Row numbers [row positions · column positions, H · W] of the layer as each position sees it."""
        return self.read_by(_whole(self.rows_view), _whole(self.columns_view))


NEVER = -(1 << 30)
"""Stands for what is not there in a sum of two row numbers, and leaves it below zero."""


def outer_sum(down: np.ndarray, across: np.ndarray, device: torch.device) -> torch.Tensor:
    """down + across over all pairs: [b, t] and [c, s] give [b · c, t · s], int32.

    The taps are spread out beforehand: sums over runs of t · s numbers are several times as fast as over runs of s.
    """
    (blocks, taps), (others, across_taps) = down.shape, across.shape
    first = np.repeat(down, across_taps, axis=1).astype(np.int32)
    second = np.tile(across, (1, taps)).astype(np.int32)
    numbers = torch.from_numpy(first).to(device)[:, None] + torch.from_numpy(second).to(device)
    return numbers.view(blocks * others, taps * across_taps)


def _untouched(size: int) -> AxisView:
    return AxisView(size, np.zeros(0, dtype=np.int64), np.full((1, size), CLEAN))


def _whole(view: AxisView) -> Reading:
    return Reading(view.size, np.broadcast_to(np.arange(view.size), view.seen.shape), view.seen)
