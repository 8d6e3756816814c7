"""One layer, computed only where it changes: three ways for a convolution and one for a max-pool.

Each reads the table of the layer below as the two axis plans say and writes the changed units of its own layer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch.nn import functional as F

from zfnet_core.exhibits.occlusion.pixel_rows import NEVER, PixelRows, Scratch, outer_sum
from zfnet_core.exhibits.occlusion.plan import CLEAN, AxisPlan, AxisView, Reading
from zfnet_core.exhibits.occlusion.winograd import POINT_PAIRS, RUNS, TILE_SHAPES, pairs_used, tile_transforms
from zfnet_core.models.steps import Conv

GATHERED_FLOATS = 1 << 18
"""Rows are gathered and used in pieces of about 1 MB, which are then still in the processor's cache when used."""


class IncrementalLayer(Protocol):
    """What the sweep needs of a layer."""

    def fill(self, out: torch.Tensor, below: PixelRows, rows: AxisPlan, columns: AxisPlan, scratch: Scratch) -> None:
        """Write the changed units: `out` is [row entries · column entries, maps]."""


class WindowedConvolution:
    """Gather each changed unit's window and multiply: the literal sum, and the fastest for few channels."""

    def __init__(self, convolution: Conv) -> None:
        self.filters = convolution.weight.permute(2, 3, 1, 0).flatten(0, 2).contiguous()
        self.bias = bias_of(convolution)

    def fill(self, out: torch.Tensor, below: PixelRows, rows: AxisPlan, columns: AxisPlan, scratch: Scratch) -> None:
        numbers = below.read_by(rows.readings[0], columns.readings[0])
        width = numbers.shape[1] * below.maps
        for first, piece in _pieces(numbers, width):
            gathered = scratch.floats("gathered", piece.numel(), below.maps)
            torch.index_select(below.all, 0, piece.flatten(), out=gathered)
            torch.addmm(self.bias, gathered.view(len(piece), width), self.filters, out=out[first : first + len(piece)])


class PushedConvolution:
    """Push each changed unit's difference through the filters once, then add up what arrives at every changed unit.

    A convolution is linear: new output = clean output + Σ over changed taps of filter · (new − clean). Neighbouring
    positions share most changed units, so this needs far fewer products than gathering every window does. Units are
    taken in stride² groups by the filter taps they meet.

    It is for small occluders only (there a sweep is up to 1.35 times as fast with it, at 48 of 224 px): where most of a
    busy photo is covered, large sums cancel to a small output and leave their rounding behind (3·10⁻⁶ of a map's total
    at 64 of 224 px, 10⁻⁵ at 96, 10⁻⁴ at 160).
    """

    def __init__(self, convolution: Conv, filters: torch.Tensor, clean: torch.Tensor) -> None:
        """`filters` are `pushed_filters`; `clean` is the convolution's clean output [1, maps, H, W]."""
        self.convolution, self.filters = convolution, filters
        self.clean = PixelRows(clean, padding=0.0)

    def fill(self, out: torch.Tensor, below: PixelRows, rows: AxisPlan, columns: AxisPlan, scratch: Scratch) -> None:
        torch.index_select(self.clean.all, 0, self.clean.clean_at(rows.view.unit, columns.view.unit), out=out)
        stride, padding = self.convolution.stride, self.convolution.padding
        down, across = (
            [_Phase.of(plan.readings[0], view, phase, stride, padding) for phase in range(stride)]
            for plan, view in ((rows, below.rows_view), (columns, below.columns_view))
        )
        phases = [_PhasePair(first, second) for first in down for second in across if first.taps and second.taps]
        places = np.cumsum([1, *(phase.units * phase.taps for phase in phases)]).tolist()
        maps, filters, numbers = out.shape[1], self.filters, []
        arrivals = scratch.floats("arrivals", places[-1], maps)
        arrivals[0] = 0
        for phase, place, end in zip(phases, places, places[1:], strict=False):
            used, filters = filters.tensor_split([phase.taps * maps], dim=1)
            torch.mm(phase.differences(below), used, out=arrivals[place:end].view(phase.units, phase.taps * maps))
            numbers.append(phase.arriving(place, out.device))
        out += F.embedding_bag(torch.cat(numbers, dim=1), arrivals, mode="sum")


def pushed_filters(convolution: Conv) -> torch.Tensor:
    """A convolution's filters as `PushedConvolution` multiplies them, one phase after the other: [C, taps · maps]."""
    stride, weight = convolution.stride, convolution.weight
    phases = [weight[:, :, row::stride, column::stride] for row in range(stride) for column in range(stride)]
    return torch.cat([part.permute(1, 2, 3, 0).flatten(1) for part in phases], dim=1)


@dataclass(frozen=True, eq=False)
class _Phase:
    """Along one axis, the changed units that meet every `stride`-th tap from one on.

    `members` are their entries below; `local[b, t]` is the place among them of what block b reads at the phase's tap t.
    """

    members: np.ndarray
    local: np.ndarray

    @classmethod
    def of(cls, reading: Reading, below: AxisView, phase: int, stride: int, padding: int) -> _Phase:
        members = np.flatnonzero((below.unit + padding) % stride == phase)
        place = np.full(below.entries + 1, CLEAN)
        place[members] = np.arange(len(members))
        return cls(members, place[reading.entry[:, phase::stride]])

    @property
    def taps(self) -> int:
        return self.local.shape[1]


@dataclass(frozen=True, eq=False)
class _PhasePair:
    """The changed units that meet the same taps, along both axes; their number, and how many taps they meet."""

    down: _Phase
    across: _Phase

    @property
    def units(self) -> int:
        return len(self.down.members) * len(self.across.members)

    @property
    def taps(self) -> int:
        return self.down.taps * self.across.taps

    def differences(self, below: PixelRows) -> torch.Tensor:
        """How much each unit differs from the untouched photo: [units, C]."""
        rows, columns = self.down.members, self.across.members
        entries = outer_sum(rows[:, None] * below.columns_view.entries, columns[:, None], below.all.device).view(-1)
        clean = below.clean_at(below.rows_view.unit[rows], below.columns_view.unit[columns])
        return below.changed.index_select(0, entries).sub_(below.all.index_select(0, clean))

    def arriving(self, first: int, device: torch.device) -> torch.Tensor:
        """Where what arrives at each unit above lies: [units above, taps], from `first` on, or 0 for nothing."""
        width = len(self.across.members) * self.taps
        at_row = first + self.down.local * width + np.arange(self.down.taps) * self.across.taps
        at_column = self.across.local * self.taps + np.arange(self.across.taps)
        at_row[self.down.local == CLEAN] = NEVER
        at_column[self.across.local == CLEAN] = NEVER
        return outer_sum(at_row, at_column, device).clamp_(min=0)


class WinogradConvolution:
    """3×3 convolution of stride 1, tile by tile; see `winograd.py`."""

    def __init__(self, filters: torch.Tensor, bias: torch.Tensor) -> None:
        """`filters` are the transformed filters [36, C, maps]."""
        self.filters, self.bias = filters, bias

    def fill(self, out: torch.Tensor, below: PixelRows, rows: AxisPlan, columns: AxisPlan, scratch: Scratch) -> None:
        shapes = [_TilesOfShape.of(shape, rows, columns) for shape in TILE_SHAPES]
        ends = np.cumsum([0, *(tiles.count for tiles in shapes)])
        channels, maps = self.filters.shape[1:]
        points = scratch.floats("points", ends[-1], len(POINT_PAIRS), channels)
        for first, tiles in zip(ends, shapes, strict=False):
            tiles.to_points(points[first : first + tiles.count], below, scratch)
        products = scratch.floats("products", len(POINT_PAIRS), ends[-1], maps)
        for pairs, shapes_of_run in RUNS:
            part = slice(ends[shapes_of_run.start], ends[shapes_of_run.stop])
            torch.bmm(points[part, pairs].transpose(0, 1), self.filters[pairs], out=products[pairs, part])
        grid = out.view(rows.view.entries, columns.view.entries, maps)
        for first, tiles in zip(ends, shapes, strict=False):
            tiles.to_outputs(grid, products[:, first : first + tiles.count], self.bias, scratch)


@dataclass(frozen=True, eq=False)
class _TilesOfShape:
    """All tiles of one shape: row blocks × column blocks. `corner` is their first (row entry, column entry)."""

    shape: tuple[int, int]
    rows: Reading
    columns: Reading
    corner: tuple[int, int]

    @classmethod
    def of(cls, shape: tuple[int, int], rows: AxisPlan, columns: AxisPlan) -> _TilesOfShape:
        (down, top), (across, left) = (
            _reading_of_size(plan, size) for plan, size in zip((rows, columns), shape, strict=True)
        )
        return cls(shape, down, across, (top, left))

    @property
    def count(self) -> int:
        return self.rows.blocks * self.columns.blocks

    def to_points(self, points: torch.Tensor, below: PixelRows, scratch: Scratch) -> None:
        """Write the inputs of each tile, evaluated at the point pairs: `points` is [tiles, 36, C]."""
        numbers = below.read_by(self.rows, self.columns)
        matrix = torch.from_numpy(tile_transforms(*self.shape)[0]).to(points.device)
        used = pairs_used(self.shape)
        for first, piece in _pieces(numbers, numbers.shape[1] * below.maps):
            gathered = scratch.floats("gathered", piece.numel(), below.maps)
            torch.index_select(below.all, 0, piece.flatten(), out=gathered)
            gathered = gathered.view(*piece.shape, below.maps)
            torch.bmm(matrix.expand(len(piece), -1, -1), gathered, out=points[first : first + len(piece), used])

    def to_outputs(self, grid: torch.Tensor, products: torch.Tensor, bias: torch.Tensor, scratch: Scratch) -> None:
        """Interpolate `products` [36, tiles, maps] and write them with the bias into `grid` [rows, columns, maps]."""
        if not self.count:
            return
        (high, wide), maps = self.shape, grid.shape[2]
        matrix = torch.from_numpy(tile_transforms(*self.shape)[1]).to(grid.device).expand(self.count, -1, -1)
        tiles = scratch.floats("tiles", self.count, high * wide, maps)
        torch.bmm(matrix, products[pairs_used(self.shape)].transpose(0, 1), out=tiles)
        (top, left), down, across = self.corner, self.rows.blocks, self.columns.blocks
        place = grid[top : top + down * high, left : left + across * wide]
        place = place.unflatten(0, (down, high)).unflatten(2, (across, wide)).transpose(1, 2)
        torch.add(tiles.view(down, across, high, wide, maps), bias, out=place)


def _reading_of_size(plan: AxisPlan, outputs: int) -> tuple[Reading, int]:
    """The reading with tiles of `outputs` units, and its first entry."""
    first = 0
    for reading in plan.readings:
        if reading.outputs == outputs:
            return reading, first
        first += reading.outputs * reading.blocks
    raise LookupError(outputs)


class IncrementalMaxPool:
    """The largest of each changed window; `below` pads with −∞."""

    def fill(self, out: torch.Tensor, below: PixelRows, rows: AxisPlan, columns: AxisPlan, scratch: Scratch) -> None:
        numbers = below.read_by(rows.readings[0], columns.readings[0])
        for first, piece in _pieces(numbers, numbers.shape[1] * below.maps):
            gathered = scratch.floats("gathered", piece.numel(), below.maps)
            torch.index_select(below.all, 0, piece.flatten(), out=gathered)
            torch.amax(gathered.view(*piece.shape, below.maps), dim=1, out=out[first : first + len(piece)])


def bias_of(convolution: Conv) -> torch.Tensor:
    """The bias [maps], zero where there is none."""
    return convolution.bias if convolution.bias is not None else convolution.weight.new_zeros(len(convolution.weight))


def _pieces(numbers: torch.Tensor, floats_per_row: int) -> Iterator[tuple[int, torch.Tensor]]:
    """Cut [N, taps] row numbers into pieces that gather about `GATHERED_FLOATS` numbers."""
    step = max(1, GATHERED_FLOATS // floats_per_row)
    for first in range(0, len(numbers), step):
        yield first, numbers[first : first + step]
