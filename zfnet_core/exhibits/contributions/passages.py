"""What lies between one sum and the next: pools, contrast normalisation, branches laid side by side.

Each passes a number on, alone or together with its neighbours; here stands with which ones, and where it came from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from zfnet_core.exhibits.contributions.number import PASSES_ON, Place, existing, output_of, value_at
from zfnet_core.forward.trace import Trace
from zfnet_core.models.steps import (
    AdaptiveAvgPool,
    AvgPool,
    Concat,
    Conv,
    Flatten,
    MaxPool,
    ResponseNorm,
    Step,
)

PassageKind = Literal["maxpool", "avgpool", "norm", "cat", "flatten"]


@dataclass(frozen=True, eq=False)
class Passage:
    """A number that a step without weights passes on.

    `values` float32 are what it looks at: a pool's window [rows, columns], NaN outside the map; the same unit in the
    neighbouring `maps` for a contrast normalisation [1, n]; the number itself otherwise [1, 1]. `chosen` is the place
    among them of the number at `below`: the largest of a max-pool, the strongest of a mean. `divisor` is what a mean
    or a normalisation divides by (1 for others). `corner` is where a pool's window begins in the map.
    """

    kind: PassageKind
    step: str
    place: Place
    value: float
    values: np.ndarray
    chosen: tuple[int, int]
    below: Place
    divisor: float = 1.0
    corner: tuple[int, int] = (0, 0)
    maps: tuple[int, ...] = ()

    @property
    def again(self) -> float:
        """The value, made again from what is listed here."""
        if self.kind == "maxpool":
            return float(np.nanmax(self.values))
        if self.kind == "avgpool":
            return float(np.nansum(self.values.astype(np.float64))) / self.divisor
        return float(self.values[self.chosen]) / self.divisor


@dataclass(frozen=True)
class PooledAbove:
    """A max-pool above a number: in how many windows of `step` it lies, and in how many it is the one passed on."""

    step: str
    windows: int
    won: int


def down(traced: Trace, place: Place, image: int = 0) -> tuple[tuple[Passage, ...], Place]:
    """From a place through all that only passes on, to the sum or the pixel below: (passages, that place)."""
    passages = []
    while isinstance(step := existing(traced.network, place), PASSES_ON):
        passages.append(_through(traced, step, place, image))
        place = passages[-1].below
    return tuple(passages), place


def pooled_above(traced: Trace, place: Place, image: int = 0) -> tuple[PooledAbove, ...]:
    """The max-pools that read a number, directly or after a contrast normalisation, and whether they pass it on."""
    found: list[PooledAbove] = []
    for step in traced.network.steps:
        if place.step not in step.inputs or step.name not in traced.outputs:
            continue
        if isinstance(step, ResponseNorm):
            found += pooled_above(traced, Place(step.name, place.map, place.row, place.column), image)
        elif isinstance(step, MaxPool):
            rows, columns = (_windows_over(step, at) for at in (place.row, place.column))
            switches = traced.switches[step.name][image, place.map, rows, columns]
            flat = place.row * output_of(traced, place.step, image).shape[-1] + place.column
            found.append(PooledAbove(step.name, switches.numel(), int((switches == flat).sum())))
    return tuple(found)


def _windows_over(step: MaxPool | Conv, at: int) -> slice:
    """The output units, along one axis, whose windows reach over place `at`."""
    first = -(-(at + step.padding - step.kernel + 1) // step.stride)
    return slice(max(0, first), min(step.shape[-1], (at + step.padding) // step.stride + 1))


def _through(traced: Trace, step: Step, place: Place, image: int) -> Passage:
    value = value_at(traced, place, image)
    if isinstance(step, Concat):
        name, map = _branch(traced, step, place.map, image)
        return _alone("cat", step.name, place, value, Place(name, map, place.row, place.column))
    if isinstance(step, Flatten):
        _, rows, columns = output_of(traced, step.inputs[0], image).shape
        map, rest = divmod(place.map, rows * columns)
        return _alone("flatten", step.name, place, value, Place(step.inputs[0], map, *divmod(rest, columns)))
    if isinstance(step, ResponseNorm):
        return _through_norm(traced, step, place, value, image)
    assert isinstance(step, (MaxPool, AvgPool, AdaptiveAvgPool))
    return _through_pool(traced, step, place, value, image)


def _alone(kind: PassageKind, step: str, place: Place, value: float, below: Place) -> Passage:
    return Passage(kind, step, place, value, np.full((1, 1), value, np.float32), (0, 0), below)


def _branch(traced: Trace, step: Concat, map: int, image: int) -> tuple[str, int]:
    for name in step.inputs:
        maps = len(output_of(traced, name, image))
        if map < maps:
            return name, map
        map -= maps
    raise IndexError(map)


def _through_norm(traced: Trace, step: ResponseNorm, place: Place, value: float, image: int) -> Passage:
    """b = a / (k + α/n · Σ a²)^β, the sum over n neighbouring maps."""
    seen = output_of(traced, step.inputs[0], image)
    first = max(0, place.map - step.size // 2)
    last = min(len(seen), place.map + (step.size - 1) // 2 + 1)
    values = seen[first:last, place.row, place.column].float().cpu().numpy()[None]
    divisor = (step.k + step.alpha / step.size * float((values.astype(np.float64) ** 2).sum())) ** step.beta
    below = Place(step.inputs[0], place.map, place.row, place.column)
    maps = tuple(range(first, last))
    return Passage("norm", step.name, place, value, values, (0, place.map - first), below, divisor, maps=maps)


def _through_pool(
    traced: Trace, step: MaxPool | AvgPool | AdaptiveAvgPool, place: Place, value: float, image: int
) -> Passage:
    seen = output_of(traced, step.inputs[0], image)[place.map].float().cpu().numpy()
    size = seen.shape[-1]
    if isinstance(step, AdaptiveAvgPool):
        spans = [
            (at * size // step.shape[-1], -(-(at + 1) * size // step.shape[-1])) for at in (place.row, place.column)
        ]
        top, left = spans[0][0], spans[1][0]
        window = seen[slice(*spans[0]), slice(*spans[1])]
        divisor = float(window.size)
    else:
        top, left = (at * step.stride - step.padding for at in (place.row, place.column))
        window = np.full((step.kernel, step.kernel), np.nan, np.float32)
        rows, columns = (slice(max(0, at), min(size, at + step.kernel)) for at in (top, left))
        window[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left] = seen[rows, columns]
        divisor = 1.0 if isinstance(step, MaxPool) else _counted(step, size, (top, left), window)
    if isinstance(step, MaxPool):
        flat = int(traced.switches[step.name][image, place.map, place.row, place.column])
        row, column = divmod(flat, size)
        chosen = (row - top, column - left)
    else:
        down, right = divmod(int(np.nanargmax(np.abs(window))), window.shape[1])
        chosen = (down, right)
    below = Place(step.inputs[0], place.map, top + chosen[0], left + chosen[1])
    kind: PassageKind = "maxpool" if isinstance(step, MaxPool) else "avgpool"
    return Passage(kind, step.name, place, value, window, chosen, below, divisor, (top, left))


def _counted(step: AvgPool, size: int, corner: tuple[int, int], window: np.ndarray) -> float:
    """By how many a mean divides: all of the window within the padded map, or only what lies in the map."""
    if not step.counts_padding:
        return float(np.isfinite(window).sum())
    sides = [min(at + step.kernel, size + step.padding) - at for at in corner]
    return float(sides[0] * sides[1])
