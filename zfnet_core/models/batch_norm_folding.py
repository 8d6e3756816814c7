"""Batch norm in evaluation mode is one factor and one shift per map, so the convolution before it can take it over."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import nn


@torch.no_grad()
def folded(network: nn.Sequential) -> nn.Sequential:
    """The same function as `network` in evaluation mode, without its batch norms: a new network, float32.

    w′ = w·γ/√(σ²+ε) and b′ = β + (b − μ)·γ/√(σ²+ε). Computed in float64; a batch norm must follow its convolution
    directly, or ValueError is raised. Dropout is kept, so that names and settings stay those of the plain network.
    """
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    for name, part in network.named_children():
        if isinstance(part, nn.BatchNorm2d):
            before = next(reversed(parts), None)
            if before is None or not isinstance(parts[before], nn.Conv2d):
                raise ValueError(f"{name} follows {before or 'nothing'}, but only a convolution can take it over.")
            parts[before] = _convolution_with(parts[before], part)
        else:
            parts[name] = part
    return nn.Sequential(parts).eval()


def _convolution_with(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> nn.Conv2d:
    factor = norm.weight.double() / (norm.running_var.double() + norm.eps).sqrt()
    bias = conv.bias.double() if conv.bias is not None else torch.zeros_like(factor)
    taken_over = nn.Conv2d(
        conv.in_channels, conv.out_channels, conv.kernel_size, conv.stride, conv.padding, conv.dilation, conv.groups
    )
    taken_over.weight.copy_(conv.weight.double() * factor.view(-1, 1, 1, 1))
    taken_over.bias.copy_(norm.bias.double() + (bias - norm.running_mean.double()) * factor)
    return taken_over
