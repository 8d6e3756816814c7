"""How one number in a network is made: a sum of kernel × window over the maps below, a bias, and a ReLU.

number = made(traced, Place("relu3", 12, 5, 7))
number.value                      # what the network says
number.sum                        # the same before the ReLU, added up again, float64
number.ranked()[0]                # the input map that contributes most
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import torch

from zfnet_core.errors import UnknownName
from zfnet_core.forward.trace import Trace
from zfnet_core.language import phrase
from zfnet_core.models.network import Network
from zfnet_core.models.steps import (
    INPUT,
    AdaptiveAvgPool,
    Add,
    AvgPool,
    BatchNorm,
    Concat,
    Conv,
    Flatten,
    Grey,
    Linear,
    MaxPool,
    Relu,
    ResponseNorm,
    Step,
)

SUMS = (Conv, Linear, BatchNorm, Add, Grey)
"""Steps that are sums themselves."""
PASSES_ON = (Concat, MaxPool, AvgPool, AdaptiveAvgPool, ResponseNorm, Flatten)
"""Steps without weights that lie between one sum and the next."""

PartKind = Literal["conv", "linear", "shortcut"]


@dataclass(frozen=True)
class Place:
    """One number: a unit of a step's output. In a vector of units `map` is the unit, row and column are 0."""

    step: str
    map: int
    row: int = 0
    column: int = 0


@dataclass(frozen=True)
class Term:
    """What one input map adds: `index` is its place in part number `part`; `share` is |value| of the sum of all sizes.

    The sizes of all terms and of the bias are 1 together.
    """

    part: int
    index: int
    map: int
    value: float
    share: float


@dataclass(frozen=True, eq=False)
class Part:
    """The windows that one step reads, or one number that comes along a shortcut.

    `maps` int [n] are the numbers of the input maps of step `reads`; `windows` float32 [n, k, k] what is read of them,
    zero outside the map; `kernels` float64 [n, k, k] the weights, a batch norm's factor included. `corner` (row,
    column) is where the window begins in the maps, which are `size` wide; outside them at the border. `stride` and
    `padding` are those of the convolution (a fully connected layer reads all there is, at stride 1).
    """

    kind: PartKind
    step: str
    reads: str
    maps: np.ndarray
    windows: np.ndarray
    kernels: np.ndarray
    corner: tuple[int, int]
    size: int
    stride: int
    padding: int

    @cached_property
    def products(self) -> np.ndarray:
        """Kernel × window, float64 [n, k, k]."""
        return self.windows.astype(np.float64) * self.kernels

    @cached_property
    def terms(self) -> np.ndarray:
        """What each input map adds, float64 [n]."""
        return self.products.sum(axis=(1, 2))

    @property
    def kernel(self) -> int:
        """The window's width."""
        return self.windows.shape[-1]

    def place(self, index: int, down: int, right: int) -> Place | None:
        """The number under cell (down, right) of a window; None for a cell that lies outside the map."""
        row, column = self.corner[0] + down, self.corner[1] + right
        inside = 0 <= row < self.size and 0 <= column < self.size
        return Place(self.reads, int(self.maps[index]), row, column) if inside else None

    def strongest_cell(self, index: int) -> tuple[int, int]:
        """Where in the window most of the term comes from: the largest product with the term's sign."""
        products = self.products[index] * (-1.0 if self.terms[index] < 0 else 1.0)
        down, right = divmod(int(products.argmax()), self.kernel)
        return down, right


@dataclass(frozen=True, eq=False)
class Number:
    """All that makes one number.

    `value` is what the network says. `parts` are one convolution or fully connected layer, or, where a shortcut comes
    back, all that is added there. `bias` is what is added besides (a batch norm's shift included). `function` is what
    is done with the sum: "relu", or "" for nothing.
    """

    place: Place
    value: float
    parts: tuple[Part, ...]
    bias: float
    function: str

    @cached_property
    def sum(self) -> float:
        """All terms and the bias, added up in float64."""
        return float(sum(part.terms.sum() for part in self.parts)) + self.bias

    @cached_property
    def size(self) -> float:
        """The sum of the sizes of all terms and of the bias."""
        return float(sum(np.abs(part.terms).sum() for part in self.parts)) + abs(self.bias)

    def ranked(self) -> tuple[Term, ...]:
        """Every term, the largest in size first; of equals the one that comes first."""
        whole = self.size or 1.0
        found = [
            Term(number, index, int(part.maps[index]), float(value), abs(float(value)) / whole)
            for number, part in enumerate(self.parts)
            for index, value in enumerate(part.terms)
        ]
        return tuple(sorted(found, key=lambda term: -abs(term.value)))

    def strongest(self) -> Term | None:
        """The term that does most for the sum's sign; None where every term is nothing."""
        sign = -1.0 if self.sum < 0 else 1.0
        best = max(self.ranked(), key=lambda term: sign * term.value)
        return best if best.value else None


def made(traced: Trace, place: Place, image: int = 0) -> Number:
    """How the number at `place` is made, for a step that holds a sum: a ReLU, or a layer without one.

    Raises UnknownName for a place that does not exist, or where no sum is (see `passages.down` for what lies between).
    """
    step = existing(traced.network, place)
    if step is None or isinstance(step, PASSES_ON):
        raise UnknownName(phrase("“{step}” adds nothing up; go on to what lies below it.", step=place.step))
    start, function = (place, "") if isinstance(step, SUMS) else (_below(place, step.inputs[0]), step.kind)
    parts, bias = _parts(traced, start, 1.0, image)
    return Number(place, value_at(traced, place, image), tuple(parts), bias, function)


def existing(network: Network, place: Place) -> Step | None:
    """The step of a place, None for a pixel. Raises UnknownName where there is no such number."""
    step = next((step for step in network.steps if step.name == place.step), None)
    if step is None and place.step != INPUT:
        raise UnknownName(phrase("{network} has no step “{step}”.", network=network.title, step=place.step))
    side = network.preprocessing.input_px
    shape = (3, side, side) if step is None else step.shape
    limits = shape if len(shape) == 3 else (shape[0], 1, 1)
    if not all(0 <= at < limit for at, limit in zip((place.map, place.row, place.column), limits, strict=True)):
        raise UnknownName(
            phrase(
                "{step} has no map {map}, row {row}, column {column}; it has {maps} maps of {rows} × {columns} units, "
                "counted from 0.",
                step=place.step,
                map=place.map,
                row=place.row,
                column=place.column,
                maps=limits[0],
                rows=limits[1],
                columns=limits[2],
            )
        )
    return step


def output_of(traced: Trace, step: str, image: int = 0) -> torch.Tensor:
    """What a step made of one image, [maps, rows, columns] or [units]; `INPUT` is the image itself."""
    return (traced.images if step == INPUT else traced.outputs[step])[image]


def value_at(traced: Trace, place: Place, image: int = 0) -> float:
    """The number that the network has at a place."""
    values = output_of(traced, place.step, image)
    return float(values[place.map] if values.dim() == 1 else values[place.map, place.row, place.column])


def _below(place: Place, step: str) -> Place:
    return Place(step, place.map, place.row, place.column)


def _parts(traced: Trace, place: Place, factor: float, image: int) -> tuple[list[Part], float]:
    """What is added up at a place, each times `factor`, and the constant that is added besides."""
    step = next((step for step in traced.network.steps if step.name == place.step), None)
    if isinstance(step, BatchNorm):
        scale, shift = _scale_and_shift(step, place.map)
        parts, bias = _parts(traced, _below(place, step.inputs[0]), factor * scale, image)
        return parts, bias + factor * shift
    if isinstance(step, Add):
        both = [_parts(traced, _below(place, name), factor, image) for name in step.inputs]
        return [part for parts, _ in both for part in parts], sum(bias for _, bias in both)
    if isinstance(step, Conv):
        return [_of_convolution(traced, step, place, factor, image)], factor * _bias(step.bias, place.map)
    if isinstance(step, Linear):
        return [_of_linear(traced, step, place, factor, image)], factor * _bias(step.bias, place.map)
    if isinstance(step, Grey):
        return [_of_grey(traced, step, place, factor, image)], 0.0
    return [_of_shortcut(traced, place, factor, image)], 0.0


def _scale_and_shift(norm: BatchNorm, map: int) -> tuple[float, float]:
    mean, variance = float(norm.mean[map]), float(norm.variance[map])
    weight = 1.0 if norm.weight is None else float(norm.weight[map])
    scale = weight / float(np.sqrt(variance + norm.eps))
    return scale, (0.0 if norm.bias is None else float(norm.bias[map])) - mean * scale


def _bias(bias: torch.Tensor | None, map: int) -> float:
    return 0.0 if bias is None else float(bias[map])


def _numbers(values: torch.Tensor) -> np.ndarray:
    return values.detach().float().cpu().numpy()


def _of_convolution(traced: Trace, step: Conv, place: Place, factor: float, image: int) -> Part:
    values = output_of(traced, step.inputs[0], image)
    own = step.weight.shape[1]  # fewer than there are maps where the convolution is grouped
    first = place.map // (step.weight.shape[0] // (values.shape[0] // own)) * own
    top, left = (at * step.stride - step.padding for at in (place.row, place.column))
    windows = np.zeros((own, step.kernel, step.kernel), np.float32)
    rows, columns = (slice(max(0, at), min(values.shape[-1], at + step.kernel)) for at in (top, left))
    windows[:, rows.start - top : rows.stop - top, columns.start - left : columns.stop - left] = _numbers(
        values[first : first + own, rows, columns]
    )
    return Part(
        "conv",
        step.name,
        step.inputs[0],
        np.arange(first, first + own),
        windows,
        _numbers(step.weight[place.map]).astype(np.float64) * factor,
        (top, left),
        values.shape[-1],
        step.stride,
        step.padding,
    )


def _of_linear(traced: Trace, step: Linear, place: Place, factor: float, image: int) -> Part:
    """A fully connected unit reads all units; those that were maps before they were laid in a row stay together."""
    reads = step.inputs[0]
    before = next((other for other in traced.network.steps if other.name == reads), None)
    weights = _numbers(step.weight[place.map]).astype(np.float64) * factor
    values = _numbers(output_of(traced, reads, image))
    shape = (len(values), 1, 1)
    if isinstance(before, Flatten):
        reads = before.inputs[0]
        shape = tuple(output_of(traced, reads, image).shape)  # type: ignore[assignment]
    return Part(
        "linear",
        step.name,
        reads,
        np.arange(shape[0]),
        values.reshape(shape),
        weights.reshape(shape),
        (0, 0),
        shape[-1],
        1,
        0,
    )


def _of_grey(traced: Trace, step: Grey, place: Place, factor: float, image: int) -> Part:
    """The mean of the colours: each of them a third."""
    seen = output_of(traced, step.inputs[0], image)
    windows = _numbers(seen[:, place.row, place.column])[:, None, None]
    kernels = np.full((len(seen), 1, 1), factor / len(seen))
    corner, size = (place.row, place.column), seen.shape[-1]
    return Part("conv", step.name, step.inputs[0], np.arange(len(seen)), windows, kernels, corner, size, 1, 0)


def _of_shortcut(traced: Trace, place: Place, factor: float, image: int) -> Part:
    value = np.full((1, 1, 1), value_at(traced, place, image), np.float32)
    size = output_of(traced, place.step, image).shape[-1]
    corner = (place.row, place.column)
    maps, kernels = np.array([place.map]), np.full((1, 1, 1), factor)
    return Part("shortcut", place.step, place.step, maps, value, kernels, corner, size, 1, 0)


def stations(network: Network) -> Sequence[str]:
    """The steps whose numbers are sums with all that is done with them: where a walk stops."""
    readers = {name for step in network.steps if isinstance(step, (Relu, *SUMS)) for name in step.inputs}
    inner = {step.name for step in network.steps if isinstance(step, SUMS) and step.name in readers}
    return [step.name for step in network.steps if not isinstance(step, PASSES_ON) and step.name not in inner]
