"""One tower of convolutions and fully connected layers: the shape that AlexNet and ZFNet share.

The modules lie flat in one `nn.Sequential` under the paper's names (conv1, relu1, pool1, norm1, … fc8), so a state
dict, a trace and the paper's Fig. 3 all speak of the same things.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn

Norm = Literal["after pool", "before pool", "none"]


@dataclass(frozen=True)
class ConvSpec:
    """One convolutional layer; `pooled`: then 3×3 max-pooling with stride 2, `normed`: then contrast normalisation.

    With `groups` its maps fall into that many parts, each of which reads its own part of the maps below only.
    """

    maps: int
    kernel: int
    stride: int = 1
    padding: int = 0
    pooled: bool = False
    normed: bool = False
    groups: int = 1


class ContrastNorm(nn.Module):
    """Response normalisation across feature maps, b_i = a_i / (k + α/n · Σ_{|j−i| ≤ n/2} a_j²)^β.

    The same numbers as `F.local_response_norm`, from five shifted slices instead of a 3-D pooling, which is several
    times cheaper. The constants are AlexNet's (Krizhevsky 2012, §3.3) in the form that the public ZFNet weights use;
    Zeiler & Fergus do not state theirs.
    """

    def __init__(self, size: int = 5, alpha: float = 1e-4, beta: float = 0.75, k: float = 2.0) -> None:
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return response_norm(x, self.size, self.alpha, self.beta, self.k)


def response_norm(x: torch.Tensor, size: int, alpha: float, beta: float, k: float) -> torch.Tensor:
    """What `ContrastNorm` computes, of maps [N, C, H, W]."""
    squares = nn.functional.pad(x * x, (0, 0, 0, 0, size // 2, (size - 1) // 2))
    maps = x.shape[1]
    total = squares[:, :maps]
    for shift in range(1, size):
        total = total + squares[:, shift : shift + maps]
    return x / total.mul_(alpha / size).add_(k).pow_(beta)


def tower(
    convs: Sequence[ConvSpec],
    units: Sequence[int],
    classes: int,
    *,
    norm: Norm = "none",
    batch_norm: bool = False,
    full_batch_norm: bool = False,
    dropout: float = 0.5,
    input_px: int = 224,
    numbers: Sequence[int] | None = None,
) -> nn.Sequential:
    """Build conv → [batch norm] → ReLU → [pool] → [norm] …, flatten, fully connected layers with ReLU and dropout.

    `norm` places the contrast normalisation of the layers marked `normed`. `batch_norm`, after the convolutions, and
    `full_batch_norm`, after fc6 and fc7, are for training only; they can be folded away afterwards. `input_px` fixes
    the width of the first fully connected layer. `numbers` names the layers when some are left out (Table 3 removes
    layers and keeps the others' names); by default convolutions count from 1 and fully connected layers from 6.
    """
    fc_numbers = range(6, 6 + len(units))
    numbers = list(numbers) if numbers is not None else [*range(1, len(convs) + 1), *fc_numbers]
    modules: OrderedDict[str, nn.Module] = OrderedDict()
    channels, size = 3, input_px
    for spec, number in zip(convs, numbers, strict=False):
        modules[f"conv{number}"] = nn.Conv2d(
            channels, spec.maps, spec.kernel, spec.stride, spec.padding, groups=spec.groups, bias=not batch_norm
        )
        if batch_norm:
            modules[f"bn{number}"] = nn.BatchNorm2d(spec.maps)
        modules[f"relu{number}"] = nn.ReLU()
        channels, size = spec.maps, (size + 2 * spec.padding - spec.kernel) // spec.stride + 1
        if spec.normed and norm == "before pool":
            modules[f"norm{number}"] = ContrastNorm()
        if spec.pooled:
            modules[f"pool{number}"] = nn.MaxPool2d(3, 2, ceil_mode=True)
            size = -((size - 3) // -2) + 1
        if spec.normed and norm == "after pool":
            modules[f"norm{number}"] = ContrastNorm()
    modules["flatten"] = nn.Flatten()
    inputs = channels * size * size
    for outputs, number in zip(units, numbers[len(convs) :], strict=True):
        modules[f"fc{number}"] = nn.Linear(inputs, outputs, bias=not full_batch_norm)
        if full_batch_norm:
            modules[f"bn{number}"] = nn.BatchNorm1d(outputs)
        modules[f"relu{number}"] = nn.ReLU()
        modules[f"drop{number}"] = nn.Dropout(dropout)
        inputs = outputs
    modules["fc8"] = nn.Linear(inputs, classes)
    return nn.Sequential(modules)
