"""Pictures of a network's first two layers for a comparison: its filters, and what layer 2 sees in one photo."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from zfnet_core.deconvnet.projection import Unit, crops, strongest_units
from zfnet_core.deconvnet.scaling import MID_GREY, Scaling, as_picture
from zfnet_core.forward.trace import Trace
from zfnet_core.models.network import Network
from zfnet_core.top_activations.patches import patch, window


@dataclass(frozen=True, eq=False)
class LayerPictures:
    """The strongest unit of each of N maps in one photo: `projections` and `patches` uint8 [N, size, size, 3], both of
    the size of the units' receptive field in pixels."""

    layer: str
    units: tuple[Unit, ...]
    values: tuple[float, ...]
    projections: np.ndarray
    patches: np.ndarray


def filter_pictures(network: Network) -> np.ndarray:
    """The first layer's filters as pictures, uint8 [F, k, k, 3], one picture pixel for each photo pixel.

    Zero is mid-grey and every filter is scaled by its own largest weight, so that faint ones are seen as well.
    """
    weights = network.first_convolution.weight.detach().float().cpu().permute(0, 2, 3, 1)
    largest = weights.abs().amax(dim=(1, 2, 3), keepdim=True).clamp(min=torch.finfo(torch.float32).tiny)
    scaled = weights / largest
    return (MID_GREY + scaled * torch.where(scaled < 0, MID_GREY, 255 - MID_GREY)).round().byte().numpy()


def strongest_pictures(
    trace: Trace, shown: np.ndarray, layer: str, count: int, scaling: Scaling = "sigmoid"
) -> LayerPictures:
    """Project the strongest unit of each of the `count` strongest maps of the trace's (first) photo, `shown` as uint8
    [input_px, input_px, 3]."""
    found = crops(trace, layer, strongest_units(trace, layer, count))
    windows = [window(trace.network, layer, unit) for unit in found.units]
    return LayerPictures(
        layer,
        found.units,
        found.values,
        as_picture(found.pixels.cpu(), scaling),
        np.stack([patch(shown, place) for place in windows]),
    )
