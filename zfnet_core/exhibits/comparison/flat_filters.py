"""Which filters of a first layer are nearly one flat colour: what the eye counts first when it looks at Fig. 6.

A filter of one flat colour answers to the colour of a patch and to nothing in it. The paper puts no number to it; the
measure is our choice: the part of a filter's power (its sum of squares) that its mean colour alone explains, and a
filter is *flat* if that is `FLAT_FROM` or more. Random filters of k × k weights have 1/k² on average.
"""

from __future__ import annotations

import numpy as np

from zfnet_core.language import later
from zfnet_core.models.network import Network

FLAT_FROM = 0.75
DEFINITION = later(
    "A filter counts as nearly flat colour if its mean colour alone explains {flat:.0f} % or more of its power."
)
"""`flat` is `FLAT_FROM` in %."""


def flatness(weights: np.ndarray) -> np.ndarray:
    """Filters [F, colours, k, k] → the part of each one's power that its mean colour explains, 0…1 [F]; 0 for zeros."""
    weights = weights.astype(np.float64)
    power = np.square(weights).sum(axis=(1, 2, 3))
    flat = np.square(weights.mean(axis=(2, 3))).sum(axis=1) * weights.shape[2] * weights.shape[3]
    return np.divide(flat, power, out=np.zeros_like(power), where=power > 0)


def flat_share(weights: np.ndarray) -> float:
    """The share of filters [F, colours, k, k] that are nearly flat colour, 0…1."""
    return float((flatness(weights) >= FLAT_FROM).mean())


def first_layer_weights(network: Network) -> np.ndarray:
    """The filters of the network's first convolution, float32 [F, colours, k, k]."""
    return np.asarray(network.first_convolution.weight.detach().float().cpu().numpy())
