"""Batch norm in evaluation mode is one factor and one shift per map, so the layer before it can take it over."""

from __future__ import annotations

import copy
from collections import OrderedDict

import torch
from torch import nn

Layer = nn.Conv2d | nn.Linear


@torch.no_grad()
def folded(network: nn.Sequential) -> nn.Sequential:
    """The same function as `network` in evaluation mode, without its batch norms: a new network, float32.

    w′ = w·γ/√(σ²+ε) and b′ = β + (b − μ)·γ/√(σ²+ε). Computed in float64; a batch norm must follow its convolution or
    fully connected layer directly, or ValueError is raised. Dropout is kept, so that names and settings stay those of
    the plain network.
    """
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    for name, part in network.named_children():
        if isinstance(part, nn.BatchNorm2d | nn.BatchNorm1d):
            before = next(reversed(parts), "")
            layer = parts.get(before)
            if not isinstance(layer, nn.Conv2d | nn.Linear):
                raise ValueError(f"{name} follows {before or 'nothing'}, but only a convolution can take it over.")
            parts[before] = _layer_with(layer, part)
        else:
            parts[name] = part
    return nn.Sequential(parts).eval()


def _layer_with(layer: Layer, norm: nn.BatchNorm2d | nn.BatchNorm1d) -> Layer:
    assert norm.running_mean is not None and norm.running_var is not None
    factor = norm.weight.double() / (norm.running_var.double() + norm.eps).sqrt()
    bias = layer.bias.double() if layer.bias is not None else torch.zeros_like(factor)
    taken_over = copy.deepcopy(layer)
    taken_over.weight.copy_(layer.weight.double() * factor.view(-1, *[1] * (layer.weight.dim() - 1)))
    taken_over.bias = nn.Parameter((norm.bias.double() + (bias - norm.running_mean.double()) * factor).float())
    return taken_over
