"""A shift, an enlargement and a turn of one size each: which of them costs the answer most?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch

from zfnet_core.exhibits.invariance.curves import InvarianceSettings, invariance_curves
from zfnet_core.models.network import Network
from zfnet_core.photos.transforms import PAPER_PX, TRANSFORMATIONS, Border, Kind


class Change(NamedTuple):
    """One kind of change by one amount, in its unit."""

    kind: Kind
    amount: float


CHANGES = (Change("down", 30.0), Change("scale", 1.4), Change("rotation", 40.0))
"""Steps of Fig. 5's ranges, of which each moves much of a photo by some thirty pixels (our choice)."""


def changes(side_px: int) -> tuple[Change, ...]:
    """`CHANGES` on a photo of that side: a shift by as large a part of it."""
    return tuple(
        Change(kind, max(1.0, round(amount * side_px / PAPER_PX)) if TRANSFORMATIONS[kind].unit == "px" else amount)
        for kind, amount in CHANGES
    )


def falls(network: Network, images: torch.Tensor, border: Border) -> tuple[float, ...]:
    """By how much each change lowers the probability of the untouched photo's answer, as the mean over photos.

    `images` [P, 3, input_px, input_px] are normalised; `border` is as in `transformed`. Shares −1 … 1.
    """
    found = []
    for change in changes(images.shape[-1]):
        *_, curves = invariance_curves(network, images, InvarianceSettings(change.kind, (change.amount,), border))
        own = curves.reference_answers
        before = curves.reference_probabilities[np.arange(len(own)), own]
        found.append(float((before - curves.probability(own.tolist())[:, 0]).mean()))
    return tuple(found)
