"""All feature maps of a layer in a form small enough to send to a browser."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F

LARGEST_SIDE = 56


@dataclass(frozen=True)
class MapSummary:
    """`pictures` uint8 [maps, rows, columns]: each map from 0 to its own maximum as 0–255, maps wider than 56 units
    reduced by taking maxima of squares of `reduction` units. `maxima`, `means` float32 [maps]: of the full map."""

    pictures: np.ndarray
    maxima: np.ndarray
    means: np.ndarray
    reduction: int


@torch.inference_mode()
def summarise(activation: torch.Tensor) -> MapSummary:
    """Summarise one image's rectified layer [maps, rows, columns], or fully connected units [units] as 1×1 maps.

    Negative values (only the last layer has them) are shown as 0.
    """
    maps = activation.detach().float()
    maps = maps.view(-1, 1, 1) if maps.dim() == 1 else maps
    reduction = -(-max(maps.shape[1:]) // LARGEST_SIDE)
    maxima, means = maps.amax((1, 2)), maps.mean((1, 2))
    small = F.max_pool2d(maps[None], reduction, ceil_mode=True)[0] if reduction > 1 else maps
    pictures = (small.clamp_min(0) * (255 / maxima.clamp_min(1e-12)).view(-1, 1, 1)).round_().clamp_max_(255)
    return MapSummary(
        pictures.to("cpu", torch.uint8).contiguous().numpy(), maxima.cpu().numpy(), means.cpu().numpy(), reduction
    )
