"""The kinds of steps that every network here consists of: each with exactly its own numbers, and what it computes.

A step knows nothing of the module it was read from but its parameters, which are the module's own tensors: where they
go, the step goes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch.nn import functional as F

from zfnet_core.models.tower import response_norm

INPUT = "input"


@dataclass(frozen=True, eq=False, kw_only=True)
class Operation:
    """What all steps have: a `name`, the names of the steps they read (or `INPUT`), and the `shape` of their output for
    one image."""

    name: str
    inputs: tuple[str, ...]
    shape: tuple[int, ...]
    kind: ClassVar[str]

    def run(self, *values: torch.Tensor) -> torch.Tensor:
        """The step's output [N, *shape]; never changes its input."""
        raise NotImplementedError

    @property
    def tensors(self) -> Mapping[str, torch.Tensor]:
        """Its parameters, trained or measured, by the names of their fields."""
        return {name: value for name, value in vars(self).items() if isinstance(value, torch.Tensor)}

    @property
    def parameters(self) -> int:
        """How many trainable numbers belong to it."""
        return sum(self.tensors[name].numel() for name in ("weight", "bias") if name in self.tensors)

    @property
    def macs(self) -> int:
        """Multiply–accumulate operations for one image (convolutions and fully connected layers)."""
        return 0

    @property
    def settings(self) -> tuple[float, ...]:
        """The numbers that it was made with and that parameters and shape do not tell."""
        return ()


@dataclass(frozen=True, eq=False, kw_only=True)
class Windowed(Operation):
    """A step whose unit looks at a square of `kernel` × `kernel` units, `stride` apart; `padding` units lie outside."""

    kernel: int
    stride: int
    padding: int

    @property
    def window(self) -> tuple[int, int, int]:
        """(kernel, stride, padding)."""
        return self.kernel, self.stride, self.padding

    @property
    def settings(self) -> tuple[float, ...]:
        return self.window


@dataclass(frozen=True, eq=False, kw_only=True)
class Conv(Windowed):
    """`weight` [maps, channels, kernel, kernel], `bias` [maps]; padded with zeros."""

    kind = "conv"
    weight: torch.Tensor
    bias: torch.Tensor | None

    @property
    def channels(self) -> int:
        """Number of maps that it reads."""
        return self.weight.shape[1]

    @property
    def macs(self) -> int:
        return self.weight.numel() * math.prod(self.shape[1:])

    def run(self, *values: torch.Tensor) -> torch.Tensor:
        return F.conv2d(values[0], self.weight, self.bias, self.stride, self.padding)


@dataclass(frozen=True, eq=False, kw_only=True)
class MaxPool(Windowed):
    """`ceil_mode`: a window may reach over the edge of the map."""

    kind = "maxpool"
    ceil_mode: bool

    @property
    def settings(self) -> tuple[float, ...]:
        return (*self.window, self.ceil_mode)

    def run(self, *values: torch.Tensor) -> torch.Tensor:
        return F.max_pool2d(values[0], self.kernel, self.stride, self.padding, ceil_mode=self.ceil_mode)

    def run_with_switches(self, value: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The output, and the flat index row·width + column, in the input map, of each maximum, int64."""
        return F.max_pool2d(
            value, self.kernel, self.stride, self.padding, ceil_mode=self.ceil_mode, return_indices=True
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class AvgPool(Windowed):
    """`counts_padding`: the zeros of the padding count in the mean."""

    kind = "avgpool"
    ceil_mode: bool
    counts_padding: bool

    @property
    def settings(self) -> tuple[float, ...]:
        return (*self.window, self.ceil_mode, self.counts_padding)

    def run(self, *values: torch.Tensor) -> torch.Tensor:
        return F.avg_pool2d(values[0], *self.window, self.ceil_mode, self.counts_padding)


@dataclass(frozen=True, eq=False, kw_only=True)
class AdaptiveAvgPool(Operation):
    """The mean over as many parts of the map as its output has units."""

    kind = "avgpool"

    def run(self, *values: torch.Tensor) -> torch.Tensor:
        _, rows, columns = self.shape
        return F.adaptive_avg_pool2d(values[0], (rows, columns))


@dataclass(frozen=True, eq=False, kw_only=True)
class Relu(Operation):
    """max(0, x)."""

    kind = "relu"

    def run(self, *values: torch.Tensor) -> torch.Tensor:
        return torch.relu(values[0])


@dataclass(frozen=True, eq=False, kw_only=True)
class ResponseNorm(Operation):
    """Response normalisation across maps; the constants are those of `tower.ContrastNorm`."""

    kind = "norm"
    size: int
    alpha: float
    beta: float
    k: float

    @property
    def settings(self) -> tuple[float, ...]:
        return self.size, self.alpha, self.beta, self.k

    def run(self, *values: torch.Tensor) -> torch.Tensor:
        return response_norm(values[0], self.size, self.alpha, self.beta, self.k)


@dataclass(frozen=True, eq=False, kw_only=True)
class BatchNorm(Operation):
    """Batch normalisation of a finished network: with the `mean` and `variance` [maps] that training has left."""

    kind = "batchnorm"
    weight: torch.Tensor | None
    bias: torch.Tensor | None
    mean: torch.Tensor
    variance: torch.Tensor
    eps: float

    @property
    def settings(self) -> tuple[float, ...]:
        return (self.eps,)

    @property
    def factor(self) -> torch.Tensor:
        """What it multiplies each map by [maps]."""
        scale = torch.rsqrt(self.variance + self.eps)
        return scale if self.weight is None else scale * self.weight

    def run(self, *values: torch.Tensor) -> torch.Tensor:
        return F.batch_norm(values[0], self.mean, self.variance, self.weight, self.bias, eps=self.eps)


@dataclass(frozen=True, eq=False, kw_only=True)
class Linear(Operation):
    """`weight` [units, inputs], `bias` [units]."""

    kind = "linear"
    weight: torch.Tensor
    bias: torch.Tensor | None

    @property
    def macs(self) -> int:
        return self.weight.numel()

    def run(self, *values: torch.Tensor) -> torch.Tensor:
        return F.linear(values[0], self.weight, self.bias)


@dataclass(frozen=True, eq=False, kw_only=True)
class Flatten(Operation):
    """Maps [N, C, H, W] to units [N, C·H·W]."""

    kind = "flatten"

    def run(self, *values: torch.Tensor) -> torch.Tensor:
        return values[0].flatten(1)


@dataclass(frozen=True, eq=False, kw_only=True)
class Add(Operation):
    """The sum of two steps, where a shortcut comes back."""

    kind = "add"

    def run(self, *values: torch.Tensor) -> torch.Tensor:
        return values[0] + values[1]


@dataclass(frozen=True, eq=False, kw_only=True)
class Grey(Operation):
    """The mean of the photo's three colours, for a network that reads one map."""

    kind = "grey"

    def run(self, *values: torch.Tensor) -> torch.Tensor:
        return values[0].mean(dim=1, keepdim=True)


@dataclass(frozen=True, eq=False, kw_only=True)
class Concat(Operation):
    """The maps of several steps, one after the other."""

    kind = "cat"

    def run(self, *values: torch.Tensor) -> torch.Tensor:
        return torch.cat(values, dim=1)


Pool = MaxPool | AvgPool | AdaptiveAvgPool
Step = Conv | Pool | Relu | ResponseNorm | BatchNorm | Linear | Flatten | Add | Concat | Grey
