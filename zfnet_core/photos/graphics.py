"""Drawings, clip-art and things cut out on white: what is no photograph, by a measure of ours.

Their long, perfectly sharp edges excite the middle layers more than anything in a photograph does, so that they fill
a wall of strongest units although they are few.
"""

from __future__ import annotations

import numpy as np

NEAR_WHITE, NEAR_BLACK = 240, 15
MOST_EXTREME = 0.15
GREY_LEVELS, TWO_TONES = 16, 0.85


def extreme_share(pixels: np.ndarray) -> float:
    """Share of pixels of uint8 [H, W, 3] that are nearly white or nearly black in all three colours."""
    white, black = (pixels >= NEAR_WHITE).all(axis=2), (pixels <= NEAR_BLACK).all(axis=2)
    return float((white | black).mean())


def two_tone_share(pixels: np.ndarray) -> float:
    """Share of pixels in the two fullest of 16 bands of brightness: near 1 for a drawing, whatever its colours."""
    bands = pixels.mean(axis=2).astype(int) * GREY_LEVELS // 256
    counts = np.sort(np.bincount(bands.ravel(), minlength=GREY_LEVELS))
    return float(counts[-2:].sum() / counts.sum())


def is_graphic(pixels: np.ndarray) -> bool:
    """Whether a picture uint8 [H, W, 3] is left out where only photographs are wanted (our choice of bounds)."""
    return extreme_share(pixels) > MOST_EXTREME or two_tone_share(pixels) > TWO_TONES
