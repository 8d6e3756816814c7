"""LeNet-5 (LeCun, Bottou, Bengio & Haffner 1998), which reads digits: as published, and as it is built today."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import nn
from torch.nn import functional as F

C3_READS = (
    *((first, (first + 1) % 6, (first + 2) % 6) for first in range(6)),
    *(tuple((first + step) % 6 for step in range(4)) for first in range(6)),
    (0, 1, 3, 4),
    (1, 2, 4, 5),
    (0, 2, 3, 5),
    (0, 1, 2, 3, 4, 5),
)
"""Which of the six maps of S2 each of the sixteen maps of C3 reads (Table I of the paper): 60 of 96 pairs."""
UNITS_OF_A_CODE = 84


class Grey(nn.Module):
    """The mean of red, green and blue: [N, 3, H, W] → [N, 1, H, W]. Nothing in it is learned."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean(dim=1, keepdim=True)


class ScaledTanh(nn.Module):
    """1.7159 · tanh(2x/3): it sends ±1 to ±1, and is steepest between them."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 1.7159 * torch.tanh(x * 2 / 3)


class Subsampling(nn.Module):
    """The sum of each 2 × 2 units, times a coefficient, plus a bias: both trained, one of each for every map."""

    kernel_size = stride = 2
    padding = 0

    def __init__(self, maps: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((maps,), 0.25))
        self.bias = nn.Parameter(torch.zeros(maps))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        total = 4 * F.avg_pool2d(x, 2)
        return total * self.weight[:, None, None] + self.bias[:, None, None]


class PartialConv(nn.Module):
    """A convolution whose map i reads only the maps `reads[i]`: a kernel [kernel, kernel] for each pair, and a bias."""

    stride, padding = 1, 0

    def __init__(self, channels: int, reads: tuple[tuple[int, ...], ...], kernel: int) -> None:
        super().__init__()
        self.channels, self.maps, self.kernel_size = channels, len(reads), kernel
        pairs = [(out, one) for out, inputs in enumerate(reads) for one in inputs]
        self.register_buffer("pairs", torch.tensor(pairs), persistent=False)
        self.weight = nn.Parameter(torch.empty(len(pairs), kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(len(reads)))
        nn.init.uniform_(self.weight, -1 / (4 * kernel), 1 / (4 * kernel))

    def dense(self) -> torch.Tensor:
        """The same weights as a whole convolution's, zero where nothing is read: [maps, channels, kernel, kernel]."""
        whole = self.weight.new_zeros(self.maps, self.channels, self.kernel_size, self.kernel_size)
        pairs = self.get_buffer("pairs")
        return whole.index_put((pairs[:, 0], pairs[:, 1]), self.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.conv2d(x, self.dense(), self.bias)


class RadialBasis(nn.Module):
    """The squared distance of F6 from each class's code: [N, units] → [N, classes]; the smallest one wins.

    The codes are fixed, not trained, so they are no parameters. In the paper they are ±1 drawings of the characters,
    12 rows of 7; ours are the signs of cosines, which serve to count and to run, and draw nothing.
    """

    def __init__(self, units: int, classes: int) -> None:
        super().__init__()
        waves = (torch.arange(classes) + 0.5)[:, None] * (torch.arange(units) + 0.5) * torch.pi / units
        self.register_buffer("codes", 2.0 * (torch.cos(waves) > 0) - 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x[:, None] - self.get_buffer("codes")).square().sum(dim=2)


def lenet5_of_1998(classes: int = 10) -> nn.Sequential:
    """LeNet-5 as published. Input [N, 1, 32, 32]; output: distances [N, classes].

    60,000 trained numbers as usually counted: 156 + 12 + 1,516 + 32 + 48,120 + 10,164, without the 840 fixed numbers
    of the output's codes.
    """
    return nn.Sequential(
        OrderedDict(
            C1=nn.Conv2d(1, 6, 5),
            tanh1=ScaledTanh(),
            S2=Subsampling(6),
            tanh2=ScaledTanh(),
            C3=PartialConv(6, C3_READS, 5),
            tanh3=ScaledTanh(),
            S4=Subsampling(16),
            tanh4=ScaledTanh(),
            C5=nn.Conv2d(16, 120, 5),
            tanh5=ScaledTanh(),
            flatten=nn.Flatten(),
            F6=nn.Linear(120, UNITS_OF_A_CODE),
            tanh6=ScaledTanh(),
            output=RadialBasis(UNITS_OF_A_CODE, classes),
        )
    )


def lenet5(classes: int = 10) -> nn.Sequential:
    """LeNet-5 as it is usually built today: every map of C3 reads all of S2, plain pools, ReLU, ten scores at the end.

    61,706 parameters at ten classes. Input [N, 3, 32, 32], of which it sees the grey.
    """
    return nn.Sequential(
        OrderedDict(
            grey=Grey(),
            C1=nn.Conv2d(1, 6, 5),
            relu1=nn.ReLU(),
            S2=nn.MaxPool2d(2),
            C3=nn.Conv2d(6, 16, 5),
            relu3=nn.ReLU(),
            S4=nn.MaxPool2d(2),
            flatten=nn.Flatten(),
            C5=nn.Linear(16 * 5 * 5, 120),
            relu5=nn.ReLU(),
            F6=nn.Linear(120, 84),
            relu6=nn.ReLU(),
            output=nn.Linear(84, classes),
        )
    )


LENET5_LAYERS = (("C1", "relu1"), ("C3", "relu3"), ("C5", "relu5"), ("F6", "relu6"), ("output", "output"))
"""The layers of `lenet5` and the steps that hold their activations."""
