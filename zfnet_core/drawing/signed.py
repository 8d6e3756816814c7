"""Signed numbers as colours: white is zero, blue above it, vermilion below, as pale as black text needs it."""

from __future__ import annotations

import numpy as np

from zfnet_core.drawing.palette import PAIR, rgb

FULL = 0.75
"""How much of the colour the largest value gets; the rest is white, so that a number can stand on it."""


def signed_colours(values: np.ndarray, top: float | None = None) -> np.ndarray:
    """Numbers of any shape as uint8 [*shape, 3]; ±`top` (by default the largest size) gets the fullest colour."""
    largest = float(np.abs(values).max(initial=0.0)) if top is None else top
    strength = np.clip(np.abs(values) / largest, 0, 1)[..., None] * FULL if largest else np.zeros((*values.shape, 1))
    above, below = (np.array(rgb(colour), np.float64) for colour in PAIR)
    full = np.where(values[..., None] >= 0, above, below)
    return np.rint(255 + strength * (full - 255)).astype(np.uint8)
