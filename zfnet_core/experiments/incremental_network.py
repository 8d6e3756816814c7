"""A network that recomputes only what a covered rectangle changes, for many positions of the rectangle at once.

One clean pass fills a table of pixel rows for every layer. After that, a block of positions walks up the layers: plan
both axes, compute the changed units, write them into the layer's table. The result is the same as a full pass for each
position, to float32 rounding.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

import torch
from torch.nn import functional as F

from zfnet_core.experiments.incremental_layers import (
    IncrementalLayer,
    MaxPool,
    PushedConvolution,
    WindowedConvolution,
    WinogradConvolution,
    bias_of,
)
from zfnet_core.experiments.occlusion_plan import (
    AxisPlan,
    Window,
    covered_pixels,
    through_tiles,
    through_windows,
)
from zfnet_core.experiments.pixel_rows import PixelRows, scratch_on
from zfnet_core.experiments.winograd import TAPS, TILE_SIZES, transformed_filters
from zfnet_core.models.graph import INPUT, Step, window_of
from zfnet_core.models.network import Network

FEW_CHANNELS = 16
MACS_BETWEEN_PAUSES = 3e9
MACS_IN_A_BLOCK = 80e9
FEWEST, MOST = 16, 72
FLOATS_PER_UNIT = 6
"""Tables, gathered windows and products around the largest layer, for sizing blocks on a GPU."""
PUSHED_SHARE = 0.1
"""Up to which part of the photo a rectangle's differences are pushed; see `PushedConvolution`."""
POINTWISE = ("relu", "norm", "batchnorm")


@dataclass(frozen=True)
class Stage:
    """A convolution or max-pool with the pointwise steps that follow it."""

    step: Step
    pointwise: tuple[Step, ...]
    rows: Window
    columns: Window

    @property
    def last(self) -> Step:
        """The step whose output the stage's table holds."""
        return self.pointwise[-1] if self.pointwise else self.step

    @property
    def suits_tiles(self) -> bool:
        """Whether Winograd's tiles apply: 3×3, stride 1, enough channels to pay for the transforms."""
        part = self.step.module
        return (
            self.step.kind == "conv"
            and (part.kernel_size, part.stride) == ((TAPS, TAPS), (1, 1))
            and part.in_channels >= FEW_CHANNELS
        )


@dataclass(frozen=True)
class Tower:
    """A network read as stages of feature maps and a head of fully connected steps."""

    stages: tuple[Stage, ...]
    head: tuple[Step, ...]


def tower_of(network: Network) -> Tower | None:
    """The network as a tower, or None where its steps branch or are of a kind that only a full pass can do."""
    stages: list[Stage] = []
    head: list[Step] = []
    below, size = INPUT, (3, network.preprocessing.input_px, network.preprocessing.input_px)
    for step in network.steps:
        if step.inputs != (below,):
            return None
        below = step.name
        if head or step.kind == "flatten":
            if step.kind not in ("flatten", "linear", "relu"):
                return None
            head.append(step)
            continue
        if step.kind in ("conv", "maxpool") and _plain(step):
            windows = (Window(*window_of(step), *sizes) for sizes in zip(size[1:], step.shape[1:], strict=True))
            stages.append(Stage(step, (), *windows))
        elif step.kind in POINTWISE and stages:
            done = stages.pop()
            stages.append(Stage(done.step, (*done.pointwise, step), done.rows, done.columns))
        else:
            return None
        size = step.shape
    return Tower(tuple(stages), tuple(head)) if head else None


def _plain(step: Step) -> bool:
    """Square, undilated and ungrouped: what the kernels here understand."""
    part = step.module
    if step.kind == "maxpool":
        return part.dilation in (1, (1, 1)) and isinstance(part.kernel_size, int)
    square = len({*part.kernel_size}) == len({*part.stride}) == len({*part.padding}) == 1
    return square and part.groups == 1 and part.dilation == (1, 1) and part.padding_mode == "zeros"


@lru_cache(maxsize=512)
def _axis_plans(
    size: int, starts: tuple[int, ...], length: int, windows: tuple[tuple[Window, bool], ...]
) -> tuple[AxisPlan, ...]:
    view, plans = covered_pixels(size, starts, length), []
    for window, tiled in windows:
        plan = through_tiles(view, window, TILE_SIZES) if tiled else through_windows(view, window)
        plans.append(plan)
        view = plan.view
    return tuple(plans)


_FILTERS: weakref.WeakKeyDictionary[torch.nn.Module, torch.Tensor] = weakref.WeakKeyDictionary()
_FILTERS_LOCK = Lock()


def _filters_of(convolution: torch.nn.Conv2d) -> torch.Tensor:
    """The transformed filters, made once per convolution and shared by everybody."""
    with _FILTERS_LOCK:
        if convolution not in _FILTERS:
            _FILTERS[convolution] = transformed_filters(convolution.weight)
        return _FILTERS[convolution]


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
        self.tower, self.totals_of, self.fast = tower, totals_of, fast
        self.positions_in_a_block = _positions_in_a_block(network, tower)
        self.size = image.shape[-2:]
        self.tiled = tuple(fast and stage.suits_tiles for stage in tower.stages)
        self.layers: list[IncrementalLayer] = []
        self.layers_for_large: list[IncrementalLayer] = []
        self.tables: list[PixelRows] = []
        self._image = image.to(network.device).contiguous(memory_format=torch.channels_last)
        self.fill_rows = fill.to(network.device)[0].permute(1, 2, 0).reshape(-1, 3)

    def prepare(self) -> Generator[None, None, None]:
        """The clean pass, which fills the tables; pauses after every stage."""
        value = self._image
        self.tables.append(PixelRows(value, self._padding(0)))
        for place, (stage, tiled) in enumerate(zip(self.tower.stages, self.tiled, strict=True)):
            value = stage.step.run(value)
            self._add_layer(stage, tiled, value)
            for step in stage.pointwise:
                value = step.run(value)
            self.tables.append(PixelRows(value, self._padding(place + 1)))
            if stage.last.name == self.totals_of:
                self.clean_totals = value.sum(dim=(2, 3))
            yield
        for step in self.tower.head:
            value = step.run(value)
        self.clean_logits = value

    def _add_layer(self, stage: Stage, tiled: bool, clean: torch.Tensor) -> None:
        part = stage.step.module
        if stage.step.kind == "maxpool":
            layer = MaxPool()
        elif tiled:
            layer = WinogradConvolution(_filters_of(part), bias_of(part))
        else:
            layer = WindowedConvolution(part)
        self.layers_for_large.append(layer)
        pushed = self.fast and not tiled and stage.step.kind == "conv" and part.in_channels >= FEW_CHANNELS
        self.layers.append(PushedConvolution(part, clean) if pushed else layer)

    def _padding(self, place: int) -> float:
        """What lies outside a table: −∞ for a max-pool that reads it, else 0."""
        stages = self.tower.stages
        return float("-inf") if place < len(stages) and stages[place].step.kind == "maxpool" else 0.0

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
                totals = F.embedding_bag(table.seen().flatten(0, 1).flatten(1), table.all, mode="sum")
            yield
        seen = table.seen().flatten(0, 1).flatten(1)
        features = table.all.index_select(0, seen.flatten()).view(*seen.shape, table.maps)
        return features.transpose(1, 2).flatten(1), totals

    def head(self, features: torch.Tensor) -> Generator[None, None, torch.Tensor]:
        """Class probabilities [P, classes] from the blocks' features; pauses within large layers."""
        value = features
        for step in self.tower.head:
            if step.kind == "linear":
                pieces = []
                outputs = max(1, int(MACS_BETWEEN_PAUSES / (len(value) * step.module.in_features)))
                bias = step.module.bias
                for first in range(0, step.module.out_features, outputs):
                    part = slice(first, first + outputs)
                    pieces.append(F.linear(value, step.module.weight[part], None if bias is None else bias[part]))
                    yield
                value = torch.cat(pieces, dim=1)
            elif step.kind == "relu":
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
    if network.device.type == "cuda":
        largest = max(math.prod(step.shape) for step in network.steps)
        arrivals = max(_arrivals(stage) for stage in tower.stages)
        free_bytes, _ = torch.cuda.mem_get_info(network.device)
        return max(FEWEST, int(free_bytes / 2 / (4 * (FLOATS_PER_UNIT * largest + arrivals))))
    return int(min(MOST, max(FEWEST, MACS_IN_A_BLOCK / network.macs)))


def _arrivals(stage: Stage) -> int:
    """How many numbers a pushed convolution holds at once if every unit below changes."""
    if stage.step.kind != "conv" or stage.suits_tiles:
        return 0
    part = stage.step.module
    taps = math.ceil(stage.rows.kernel / stage.rows.stride) * math.ceil(stage.columns.kernel / stage.columns.stride)
    units = stage.rows.size_in * stage.columns.size_in / (stage.rows.stride * stage.columns.stride)
    return int(units * taps * part.out_channels) if part.in_channels >= FEW_CHANNELS else 0


def _run_on_rows(step: Step, rows: torch.Tensor) -> None:
    """A pointwise step on rows [N, maps], in place."""
    if step.kind == "relu":
        rows.relu_()
    else:
        rows.copy_(step.run(rows[:, :, None, None])[:, :, 0, 0])
