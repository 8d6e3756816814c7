"""Go on from an exported network: give it the batch norms back that export had folded into its convolutions."""

from __future__ import annotations

import math

import torch
from torch import nn

from zfnet_core.training.trainable import TrainableNetwork


@torch.no_grad()
def unfold(plain: nn.Sequential, trainable: TrainableNetwork, pictures: torch.Tensor, first_layer_std: float) -> None:
    """Make `trainable`, whose network has batch norms, compute in evaluation mode what `plain` computes without them.

    A folded filter w′ with its bias b′ can be split into filter, scale and shift in many ways. Here the filter
    w = k·w′ gets the length of a random start (He et al. 2015; `first_layer_std` in layer 1), because a filter under
    batch norm learns the slower the longer it is. Mean μ and variance σ² of w∗x are measured on `pictures`
    [N, 3, px, px], normalised; then γ = √(σ² + ε)/k and β = b′ + μ/k. Layers of one name must have one shape. The
    second head starts at zero, since it is not exported.
    """
    exported = dict(plain.named_children())
    parts = list(trainable.network.named_children())
    values = pictures
    std: float | None = first_layer_std
    for (name, part), (_, norm) in zip(parts, [*parts[1:], ("", None)], strict=True):
        theirs = exported.get(name)
        if isinstance(part, nn.Conv2d):
            assert isinstance(theirs, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d)
            following = theirs(values)
            _split(theirs, part, norm, values, std)
            values, std = following, None
        elif isinstance(part, nn.Linear):
            part.load_state_dict(exported[name].state_dict())
        elif isinstance(part, nn.ReLU | nn.MaxPool2d) and values.dim() == 4:
            values = part(values)
    for parameter in trainable.pooled_head.parameters():
        nn.init.zeros_(parameter)


def _split(exported: nn.Conv2d, conv: nn.Conv2d, norm: nn.BatchNorm2d, values: torch.Tensor, std: float | None) -> None:
    wanted = std if std is not None else math.sqrt(2 / conv.weight[0].numel())
    k = wanted / exported.weight.square().mean((1, 2, 3)).sqrt().clamp_min(1e-12)
    conv.weight.copy_(exported.weight * k.view(-1, 1, 1, 1))
    variance, mean = torch.var_mean(conv(values), dim=(0, 2, 3), correction=0)
    assert exported.bias is not None and norm.running_mean is not None and norm.running_var is not None
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(variance)
    norm.weight.copy_((variance + norm.eps).sqrt() / k)
    norm.bias.copy_(exported.bias + mean / k)
