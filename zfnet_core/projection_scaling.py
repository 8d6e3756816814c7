"""Show a signed projection as a picture in which zero is mid-grey.

The paper does not state how it scaled its pictures; both scalings here are our choice from public practice. The mean
colour is never added: a projection is a difference signal, not a photo.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

import numpy as np
import torch

from zfnet_core.errors import UnknownName

Scaling = Literal["sigmoid", "symmetric"]
MID_GREY = 128
TAIL = 0.005

DESCRIPTIONS: Mapping[Scaling, str] = {
    "sigmoid": "Zero is mid-grey; a logistic curve takes the lowest 0.5 % of the values to almost black (our choice).",
    "symmetric": "Zero is mid-grey; brightness follows the value, clipped at the largest 0.5 % (our choice).",
}


def as_picture(pixels: torch.Tensor, scaling: Scaling = "sigmoid") -> np.ndarray:
    """Signed values [3, H, W] or [B, 3, H, W] → uint8 RGB [H, W, 3] or [B, H, W, 3]; zero becomes exactly 128.

    Each picture is scaled by itself. An all-zero picture is flat grey. `sigmoid` is 1 / (1 + exp(−ln 99 · x / |a|))
    with a the 0.5 % quantile (Mahendran & Vedaldi 2016); `symmetric` is 0.5 + 0.5 · x / p with p the 99.5 % quantile
    of |x|. Quantiles are over the values that are not zero, as a small receptive field leaves most of a picture empty.
    Raises UnknownName for any other scaling and ValueError for any other shape.
    """
    if scaling not in DESCRIPTIONS:
        raise UnknownName(f"There is no scaling “{scaling}”; choose one of {', '.join(DESCRIPTIONS)}.")
    if pixels.dim() == 4:
        return np.stack([as_picture(one, scaling) for one in pixels])
    if pixels.dim() != 3 or pixels.shape[0] != 3:
        raise ValueError(f"A projection has the shape [3, rows, columns]; this one has {list(pixels.shape)}.")
    values = pixels.detach().to("cpu", torch.float32).permute(1, 2, 0).numpy()
    brightness = _sigmoid(values) if scaling == "sigmoid" else _symmetric(values)
    levels = np.rint(MID_GREY + brightness * np.where(brightness < 0, MID_GREY, 255 - MID_GREY))
    return levels.clip(0, 255).astype(np.uint8)


def _sigmoid(values: np.ndarray) -> np.ndarray:
    """−1 … 1; the low tail reaches ∓0.98. tanh(x/2) = 2·logistic(x) − 1."""
    lit = values[values != 0]
    if lit.size == 0:
        return np.zeros_like(values)
    low = -np.quantile(lit, TAIL)
    if low <= 0:
        low = np.quantile(np.abs(lit), 1 - TAIL)
    return np.tanh(values * (math.log(99) / 2 / low))


def _symmetric(values: np.ndarray) -> np.ndarray:
    lit = np.abs(values[values != 0])
    if lit.size == 0:
        return np.zeros_like(values)
    return (values / np.quantile(lit, 1 - TAIL)).clip(-1, 1)
