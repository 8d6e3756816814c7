"""The numbers of the chosen layer, for the page and its files."""

from __future__ import annotations

import numpy as np

from zfnet_core.map_summary import MapSummary
from zfnet_core.models.network import Layer
from zfnet_core.trace import Trace


def order_of(summary: MapSummary, sort: str) -> list[int]:
    """The maps as `sort` says: by "number", or by "strength", the largest maximum first."""
    numbers = range(len(summary.maxima))
    return sorted(numbers, key=lambda m: (-summary.maxima[m], m)) if sort == "strength" else list(numbers)


def layer_values(trace: Trace, layer: Layer, number: int) -> np.ndarray:
    """Feature map `number` float32 [rows, columns], or of a fully connected layer all units [units]."""
    values = trace.activation(layer.name)[0]
    return (values[number] if layer.spatial else values).float().cpu().numpy()
