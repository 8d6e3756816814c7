"""A network while it is trained: it takes any picture size and has a second, linear head for the convolutions."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional as F

from zfnet_core.training.recipe import Recipe

NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


class TrainableNetwork(nn.Module):
    """`network` around which layer-5 maps of any size are brought to the size that its first full layer expects.

    At the size of use (224 px) that step changes nothing, so what is judged there is the network itself.
    """

    def __init__(self, network: nn.Sequential) -> None:
        super().__init__()
        self.network = network
        parts = list(network.named_children())
        first_full = next(part for _, part in parts if isinstance(part, nn.Linear))
        self._flatten = [name for name, _ in parts].index("flatten")
        maps = [part for part in network if isinstance(part, nn.Conv2d)][-1].out_channels
        self.side = math.isqrt(first_full.in_features // maps)
        last = parts[-1][1]
        assert isinstance(last, nn.Linear)
        self.pooled_head = nn.Linear(maps, last.out_features)

    def on(self, device: torch.device) -> TrainableNetwork:
        """Itself, moved to `device`, with the channels lying innermost in memory."""
        self.to(device)
        self.to(memory_format=torch.channels_last)
        return self

    def features(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pooled maps of the last convolutional layer [N, maps, rows, columns]."""
        for part in self.network[: self._flatten]:
            pictures = part(pictures)
        return pictures

    def classify(self, features: torch.Tensor) -> torch.Tensor:
        """Class scores [N, classes] from pooled maps of any size."""
        if features.shape[-1] != self.side:
            features = F.adaptive_avg_pool2d(features.float(), self.side)
        for part in self.network[self._flatten :]:
            features = part(features)
        return features

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(scores of the network, scores of the linear head), both [N, classes]."""
        features = self.features(pictures)
        return self.classify(features), self.pooled_head(features.float().mean((2, 3)))


def start(trainable: TrainableNetwork, recipe: Recipe) -> None:
    """Random start: layer 1 small as in the paper (§3), the rest too or by He et al. (2015); biases zero."""
    layers = [part for part in trainable.network if isinstance(part, nn.Conv2d | nn.Linear)]
    for layer in layers[1:-1]:
        if recipe.weight_std is None:
            nn.init.kaiming_normal_(layer.weight, mode="fan_in", nonlinearity="relu")
        else:
            nn.init.normal_(layer.weight, std=recipe.weight_std)
    nn.init.normal_(layers[0].weight, std=recipe.first_layer_std)
    for head in (layers[-1], trainable.pooled_head):
        nn.init.normal_(head.weight, std=0.01)
    for layer in (*layers, trainable.pooled_head):
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


def optimizer_of(trainable: TrainableNetwork, recipe: Recipe) -> torch.optim.SGD:
    """Momentum SGD; weight decay on matrices and filters, stronger on layer 1, none on biases and batch norm."""
    convs = [part for part in trainable.network if isinstance(part, nn.Conv2d)]
    first = convs[0].weight
    weights = [p for p in trainable.parameters() if p.ndim > 1 and p is not first]
    others = [p for p in trainable.parameters() if p.ndim <= 1]
    groups = [
        {"params": [first], "weight_decay": recipe.first_layer_decay},
        {"params": weights, "weight_decay": recipe.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    return torch.optim.SGD(groups, lr=recipe.peak_rate, momentum=recipe.momentum, nesterov=True)


@torch.no_grad()
def clip_filters(trainable: TrainableNetwork, limit: float) -> None:
    """Filters whose root mean square exceeds `limit` are scaled back to it (§3)."""
    for part in trainable.network:
        if isinstance(part, nn.Conv2d):
            rms = part.weight.square().mean((1, 2, 3), keepdim=True).sqrt()
            part.weight.mul_((limit / rms.clamp_min(1e-12)).clamp_max(1))
