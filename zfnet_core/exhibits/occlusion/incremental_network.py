"""A network that recomputes only what an occluder changes, for many of its positions at once.

One clean pass fills a table of pixel rows for every layer. After that, a block of positions walks up the layers: plan
both axes, compute the changed units, write them into the layer's table. The result is the same as a full pass for each
position, to float32 rounding.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch.nn import functional as F

from zfnet_core.exhibits.occlusion.incremental_layers import (
    IncrementalLayer,
    IncrementalMaxPool,
    PushedConvolution,
    WindowedConvolution,
    WinogradConvolution,
    bias_of,
    pushed_filters,
)
from zfnet_core.exhibits.occlusion.pixel_rows import PixelRows, scratch_on
from zfnet_core.exhibits.occlusion.plan import AxisPlan, SlidingWindow, covered_pixels, through_tiles, through_windows
from zfnet_core.exhibits.occlusion.winograd import TAPS, TILE_SIZES, transformed_filters
from zfnet_core.forward.batching import fitting
from zfnet_core.forward.interpreter import run
from zfnet_core.models.network import Network
from zfnet_core.models.steps import INPUT, BatchNorm, Conv, Flatten, Linear, MaxPool, Relu, ResponseNorm, Step
from zfnet_core.serving.cache_budget import Cache

FEW_CHANNELS = 16
MACS_BETWEEN_PAUSES = 3e9
MACS_IN_A_BLOCK = 80e9
FEWEST, MOST = 16, 72
FLOATS_PER_UNIT = 6
"""Tables, gathered windows and products around the largest layer, for sizing blocks on a GPU."""
PUSHED_SHARE = 0.1
"""Up to which part of the photo an occluder's differences are pushed; see `PushedConvolution`."""
Pointwise = Relu | ResponseNorm | BatchNorm
Head = Flatten | Linear | Relu


@dataclass(frozen=True)
class Stage:
    """A convolution or max-pool with the pointwise steps that follow it."""

    step: Conv | MaxPool
    pointwise: tuple[Pointwise, ...]
    rows: SlidingWindow
    columns: SlidingWindow

    @property
    def last(self) -> Step:
        """The step whose output the stage's table holds."""
        return self.pointwise[-1] if self.pointwise else self.step

    @property
    def suits_tiles(self) -> bool:
        """Whether Winograd's tiles apply: 3×3, stride 1, enough channels to pay for the transforms."""
        step = self.step
        return isinstance(step, Conv) and (step.kernel, step.stride) == (TAPS, 1) and step.channels >= FEW_CHANNELS


@dataclass(frozen=True)
class Tower:
    """A network read as stages of feature maps and a head of fully connected steps."""

    stages: tuple[Stage, ...]
    head: tuple[Head, ...]


def tower_of(network: Network) -> Tower | None:
    """The network as a tower, or None where its steps branch or are of a kind that only a full pass can do."""
    stages: list[Stage] = []
    head: list[Head] = []
    below = INPUT
    size: tuple[int, ...] = (3, network.preprocessing.input_px, network.preprocessing.input_px)
    for step in network.steps:
        if step.inputs != (below,):
            return None
        below = step.name
        if head or isinstance(step, Flatten):
            if not isinstance(step, Head):
                return None
            head.append(step)
            continue
        if isinstance(step, (Conv, MaxPool)):
            windows = (SlidingWindow(*step.window, *sizes) for sizes in zip(size[1:], step.shape[1:], strict=True))
            stages.append(Stage(step, (), *windows))
        elif isinstance(step, Pointwise) and stages:
            done = stages.pop()
            stages.append(Stage(done.step, (*done.pointwise, step), done.rows, done.columns))
        else:
            return None
        size = step.shape
    return Tower(tuple(stages), tuple(head)) if head else None


@lru_cache(maxsize=512)
def _axis_plans(
    size: int, starts: tuple[int, ...], length: int, windows: tuple[tuple[SlidingWindow, bool], ...]
) -> tuple[AxisPlan, ...]:
    view, plans = covered_pixels(size, starts, length), []
    for window, tiled in windows:
        plan = through_tiles(view, window, TILE_SIZES) if tiled else through_windows(view, window)
        plans.append(plan)
        view = plan.view
    return tuple(plans)


FILTERS: Cache[torch.Tensor] = Cache()


def _tiled_filters_of(convolution: Conv) -> torch.Tensor:
    """The transformed filters, made once per convolution and device, and shared by everybody while the memory lasts."""
    weight = convolution.weight
    key = ("tiled", id(convolution), weight.device)
    return FILTERS.get_or_make(key, lambda: transformed_filters(weight), of=convolution)


def _pushed_filters_of(convolution: Conv) -> torch.Tensor:
    """The filters in the order of `PushedConvolution`, made and shared alike."""
    key = ("pushed", id(convolution), convolution.weight.device)
    return FILTERS.get_or_make(key, lambda: pushed_filters(convolution), of=convolution)


class IncrementalNetwork:
    """One photo and one fill; `prepare`d once, it is ready for any number of blocks of positions."""

    def __init__(
        self,
        network: Network,
        tower: Tower,
        image: torch.Tensor,
        fill: torch.Tensor,
        totals_of: str,
        fast: bool = True,
    ) -> None:
        """`image` and `fill` are [1, 3, H, W], normalised; a covered pixel shows `fill` there.

        `totals_of` names the step whose maps are totalled. `fast` allows Winograd's tiles and pushed differences, which
        round a little more than the literal sums do.
        """
        self.network, self.tower, self.totals_of, self.fast = network, tower, totals_of, fast
        self.positions_in_a_block = _positions_in_a_block(network, tower)
        self.size = image.shape[-2:]
        self.tiled = tuple(fast and stage.suits_tiles for stage in tower.stages)
        self.layers: list[IncrementalLayer] = []
        self.layers_for_large: list[IncrementalLayer] = []
        self.tables: list[PixelRows] = []
        self._image = image.to(network.device).contiguous(memory_format=torch.channels_last)
        self.fill_rows = fill.to(network.device)[0].permute(1, 2, 0).reshape(-1, 3)

    def prepare(self) -> Generator[None, None, None]:
        """The clean pass up to the head, which fills the tables; pauses after every stage."""
        self.tables.append(PixelRows(self._image, self._padding(0)))
        first = {stage.step.name: place for place, stage in enumerate(self.tower.stages)}
        last = {stage.last.name: place for place, stage in enumerate(self.tower.stages)}
        for step, value, _ in run(self.network, self._image, {*first, *last}):
            if step.name in first:
                self._add_layer(self.tower.stages[first[step.name]], self.tiled[first[step.name]], value)
            if step.name == self.totals_of:
                self.clean_totals = value.sum(dim=(2, 3))
            if step.name in last:
                self.tables.append(PixelRows(value, self._padding(last[step.name] + 1)))
                yield
        self.clean_features = value.flatten(1)

    def _add_layer(self, stage: Stage, tiled: bool, clean: torch.Tensor) -> None:
        step = stage.step
        if isinstance(step, MaxPool):
            self.layers.append(IncrementalMaxPool())
            self.layers_for_large.append(self.layers[-1])
            return
        layer = WinogradConvolution(_tiled_filters_of(step), bias_of(step)) if tiled else WindowedConvolution(step)
        self.layers_for_large.append(layer)
        pushed = self.fast and not tiled and step.channels >= FEW_CHANNELS
        self.layers.append(PushedConvolution(step, _pushed_filters_of(step), clean) if pushed else layer)

    def _padding(self, place: int) -> float:
        """What lies outside a table: −∞ for a max-pool that reads it, else 0."""
        stages = self.tower.stages
        return float("-inf") if place < len(stages) and isinstance(stages[place].step, MaxPool) else 0.0

    def block(
        self, tops: Sequence[int], lefts: Sequence[int], height: int, width: int
    ) -> Generator[None, None, tuple[torch.Tensor, torch.Tensor]]:
        """For P = tops × lefts: features [P, C·H·W] before the head and map totals [P, maps]; pauses after a layer."""
        rows = self._plans(tops, height, axis=0)
        columns = self._plans(lefts, width, axis=1)
        table = self.tables[0]
        pixels = [covered_pixels(*place) for place in ((self.size[0], tops, height), (self.size[1], lefts, width))]
        table.change(*pixels).copy_(self.fill_rows)
        totals = None
        large = height * width > PUSHED_SHARE * self.size[0] * self.size[1]
        layers = self.layers_for_large if large else self.layers
        for stage, layer, down, across, above in zip(
            self.tower.stages, layers, rows, columns, self.tables[1:], strict=True
        ):
            out = above.change(down.view, across.view)
            if len(out):
                layer.fill(out, table, down, across, scratch_on(out.device))
                for step in stage.pointwise:
                    _run_on_rows(step, out)
            table = above
            if stage.last.name == self.totals_of:
                totals = F.embedding_bag(table.seen(), table.all, mode="sum")
            yield
        seen = table.seen()
        features = table.all.index_select(0, seen.flatten()).view(*seen.shape, table.maps)
        assert totals is not None  # the layer that is totalled is one of the stages
        return features.transpose(1, 2).flatten(1), totals

    def head(self, features: torch.Tensor) -> Generator[None, None, torch.Tensor]:
        """Class probabilities [P, classes] from the blocks' features; pauses within large layers."""
        value = features
        for step in self.tower.head:
            if isinstance(step, Linear):
                pieces = []
                outputs = max(1, int(MACS_BETWEEN_PAUSES / value.numel()))
                for first in range(0, len(step.weight), outputs):
                    part = slice(first, first + outputs)
                    bias = None if step.bias is None else step.bias[part]
                    pieces.append(F.linear(value, step.weight[part], bias))
                    yield
                value = torch.cat(pieces, dim=1)
            elif isinstance(step, Relu):
                value = value.relu()
        return value.float().softmax(dim=1)

    def _plans(self, starts: Sequence[int], length: int, axis: int) -> tuple[AxisPlan, ...]:
        windows = tuple(
            ((stage.rows, stage.columns)[axis], tiled)
            for stage, tiled in zip(self.tower.stages, self.tiled, strict=True)
        )
        return _axis_plans(self.size[axis], tuple(int(start) for start in starts), length, windows)


def _positions_in_a_block(network: Network, tower: Tower) -> int:
    """Many enough to share work, few enough to show progress and fit the memory."""
    largest = max(math.prod(step.shape) for step in network.steps)
    arrivals = max(_arrivals(stage) for stage in tower.stages)
    most = fitting(network.device, FLOATS_PER_UNIT * largest + arrivals)
    return int(max(FEWEST, most if most is not None else min(MOST, MACS_IN_A_BLOCK / network.macs)))


def _arrivals(stage: Stage) -> int:
    """How many numbers a pushed convolution holds if every unit below changes."""
    step = stage.step
    if not isinstance(step, Conv) or stage.suits_tiles or step.channels < FEW_CHANNELS:
        return 0
    taps = step.kernel**2 / step.stride**2
    return int(stage.rows.size_in * stage.columns.size_in * taps * len(step.weight))


def _run_on_rows(step: Pointwise, rows: torch.Tensor) -> None:
    """A pointwise step on rows [N, maps], in place."""
    if isinstance(step, Relu):
        rows.relu_()
    else:
        rows.copy_(step.run(rows[:, :, None, None])[:, :, 0, 0])
