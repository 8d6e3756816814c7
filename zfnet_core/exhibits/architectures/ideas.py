"""The idea of each family in numbers: small windows, bottlenecks, additions, averages, normalisation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from zfnet_core.exhibits.architectures.windows import SlidingWindow
from zfnet_core.forward.interpreter import run
from zfnet_core.models.network import Network
from zfnet_core.models.receptive_field import ONE_PIXEL
from zfnet_core.models.steps import Add
from zfnet_core.models.tower import ContrastNorm, response_norm


@dataclass(frozen=True)
class Stack:
    """`layers` windows of `small` × `small` on each other, and one window that sees as much; C maps everywhere."""

    layers: int
    small: int
    large: int
    weights: int
    weights_of_one: int

    @property
    def saved(self) -> float:
        """The share of the weights that the stack saves."""
        return 1 - self.weights / self.weights_of_one


def stack(layers: int, channels: int, small: int = 3) -> Stack:
    """Layers of `small` × `small` windows with stride 1 in place of a single one with the same receptive field."""
    field, window = ONE_PIXEL, SlidingWindow(small, 1)
    for _ in range(layers):
        field = field.through_window(window.kernel, window.stride, window.padding)
    return Stack(layers, small, field.size, layers * (small * channels) ** 2, (field.size * channels) ** 2)


@dataclass(frozen=True)
class Bottleneck:
    """A `kernel` × `kernel` layer from `channels` to `maps`, straight and through a 1 × 1 layer of `squeezed` maps."""

    side: int
    channels: int
    maps: int
    squeezed: int
    kernel: int = 5

    @property
    def straight(self) -> int:
        """Weights without the bottleneck."""
        return self.kernel**2 * self.channels * self.maps

    @property
    def through(self) -> int:
        """Weights with it: first 1 × 1, then `kernel` × `kernel`."""
        return self.channels * self.squeezed + self.kernel**2 * self.squeezed * self.maps

    @property
    def macs(self) -> tuple[int, int]:
        """Multiply–adds on maps of `side` × `side`: straight, and through the bottleneck."""
        return self.straight * self.side**2, self.through * self.side**2


EXAMPLE = Bottleneck(side=100, channels=128, maps=256, squeezed=32)
"""100 × 100 × 128 to 256 maps by 5 × 5: 819,200 weights, or 208,896 through 32 maps."""


@dataclass(frozen=True)
class Head:
    """The first fully connected layer after maps [maps, size, size], flat and after averaging each map."""

    maps: int
    size: int
    units: int

    @property
    def flat(self) -> int:
        """Weights if every place of every map counts by itself."""
        return self.maps * self.size**2 * self.units

    @property
    def averaged(self) -> int:
        """Weights if only the average of each map counts."""
        return self.maps * self.units


@dataclass(frozen=True, eq=False)
class Addition:
    """What a residual block does to a photo: `came` + `added`, then ReLU, is `out`.

    Each is the mean over the maps, float32 [rows, columns]; `share` is the size (L2 norm over all values) of what is
    added, against that of what came.
    """

    block: str
    came: np.ndarray
    added: np.ndarray
    out: np.ndarray
    share: float


def additions(network: Network, image: torch.Tensor) -> tuple[Addition, ...]:
    """Every addition of a residual network for a photo [1, 3, H, W]; empty for a network that adds nothing."""
    sums = [step for step in network.steps if isinstance(step, Add)]
    if not sums:
        return ()
    names = {name for step in sums for name in (*step.inputs, step.name)}
    values = {output.step.name: output.value[0].float().cpu() for output in run(network, image, names)}
    found = []
    for step in sums:
        one, other = step.inputs
        added, came = (one, other) if _is_later(network, one, other) and "downsample" not in one else (other, one)
        total = values[came] + values[added]
        share = float(values[added].norm() / values[came].norm().clamp_min(1e-12))
        before, more, after = (one.mean(dim=0).numpy() for one in (values[came], values[added], total.relu()))
        found.append(Addition(step.name, before, more, after, share))
    return tuple(found)


def _is_later(network: Network, one: str, other: str) -> bool:
    order = [step.name for step in network.steps]
    return "downsample" in other or order.index(one) > order.index(other)


@dataclass(frozen=True, eq=False)
class Normalised:
    """Contrast normalisation at the place where a layer is strongest: float32 [maps] before and after, and constants.

    `map` is the strongest map there; `neighbours` are the maps that its divisor sums over.
    """

    map: int
    neighbours: tuple[int, ...]
    before: np.ndarray
    after: np.ndarray
    divisor: float
    constants: ContrastNorm


def normalised(maps: torch.Tensor) -> Normalised:
    """Normalise activations [maps, rows, columns] as AlexNet does, and look at their strongest unit."""
    norm = ContrastNorm()
    after = response_norm(maps[None], norm.size, norm.alpha, norm.beta, norm.k)[0]
    best, row, column = (int(place) for place in np.unravel_index(int(maps.argmax()), tuple(maps.shape)))
    neighbours = tuple(range(max(0, best - norm.size // 2), min(len(maps), best + (norm.size - 1) // 2 + 1)))
    before, done = maps[:, row, column].cpu().numpy(), after[:, row, column].cpu().numpy()
    divisor = float(before[best] / done[best]) if done[best] else 1.0
    return Normalised(best, neighbours, before, done, divisor, norm)
