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
from zfnet_core.language import later, phrase

Scaling = Literal["sigmoid", "symmetric"]
MID_GREY = 128
TAIL = 0.005
AT_RMS = 0.4

DESCRIPTIONS: Mapping[Scaling, str] = {
    "sigmoid": later(
        "Zero is mid-grey; a value as large as the picture’s root mean square gets 40 % of the contrast, larger ones "
        "get more on a logistic curve (our choice)."
    ),
    "symmetric": later("Zero is mid-grey; brightness follows the value, clipped at the largest 0.5 % (our choice)."),
}


def as_picture(pixels: torch.Tensor, scaling: Scaling = "sigmoid", like: torch.Tensor | None = None) -> np.ndarray:
    """Signed values [3, H, W] or [B, 3, H, W] → uint8 RGB [H, W, 3] or [B, H, W, 3]; zero becomes exactly 128.

    Each picture is scaled by itself. An all-zero picture is flat grey. `sigmoid` is 0.5 + 0.5 · tanh(k · x / r), a
    logistic curve, with r the root mean square and k such that x = r gets `AT_RMS` of the contrast: so a filter of
    layer 1, whose values are all of one size, keeps its colours, a projection from layer 5, most of whose values are
    small, is not pale, and a picture made smaller looks as it did. `symmetric` is 0.5 + 0.5 · x / p with p the 99.5 %
    quantile of |x|. Both measures are over the values that are not zero, as a small receptive field leaves most of a
    picture empty; with `like`, over the values of that projection [3, …], so that the two can be compared.
    Raises UnknownName for any other scaling and ValueError for any other shape.
    """
    if scaling not in DESCRIPTIONS:
        raise UnknownName(
            phrase(
                "There is no scaling “{scaling}”; choose one of {scalings}.",
                scaling=scaling,
                scalings=", ".join(DESCRIPTIONS),
            )
        )
    if pixels.dim() == 4:
        return np.stack([as_picture(one, scaling, like) for one in pixels])
    if pixels.dim() != 3 or pixels.shape[0] != 3:
        raise ValueError(f"A projection has the shape [3, rows, columns]; this one has {list(pixels.shape)}.")
    values = pixels.detach().to("cpu", torch.float32).permute(1, 2, 0).numpy()
    measured = values if like is None else like.detach().to("cpu", torch.float32).numpy()
    brightness = _sigmoid(values, measured) if scaling == "sigmoid" else _symmetric(values, measured)
    levels = np.rint(MID_GREY + brightness * np.where(brightness < 0, MID_GREY, 255 - MID_GREY))
    return levels.clip(0, 255).astype(np.uint8)


def _sigmoid(values: np.ndarray, measured: np.ndarray) -> np.ndarray:
    """−1 … 1. tanh(x/2) = 2·logistic(x) − 1."""
    lit = measured[measured != 0].astype(np.float64)
    if lit.size == 0:
        return np.zeros_like(values)
    return np.tanh(values * (math.atanh(AT_RMS) / math.sqrt(np.mean(lit**2))))


def _symmetric(values: np.ndarray, measured: np.ndarray) -> np.ndarray:
    lit = np.abs(measured[measured != 0])
    if lit.size == 0:
        return np.zeros_like(values)
    return (values / np.quantile(lit, 1 - TAIL)).clip(-1, 1)
