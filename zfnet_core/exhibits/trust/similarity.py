"""How alike two projections are: by their signed pixels, and by where they are strong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zfnet_core.deconvnet.projection import Box


@dataclass(frozen=True)
class Similarity:
    """`cosine` of the signed values (−1 … 1), and `rank`, Spearman’s correlation of their sizes (colours added up).

    Both are 0 where one of the pictures is empty.
    """

    cosine: float
    rank: float


def similarity(one: np.ndarray, other: np.ndarray, box: Box) -> Similarity:
    """Of two pictures [3, H, W] within `box` (top, left, bottom, right)."""
    top, left, bottom, right = box
    first, second = (picture[:, top:bottom, left:right].astype(np.float64) for picture in (one, other))
    sizes = np.sqrt((first**2).sum() * (second**2).sum())
    cosine = float((first * second).sum() / sizes) if sizes else 0.0
    return Similarity(cosine, _correlation(*(ranks(np.abs(picture).sum(axis=0)) for picture in (first, second))))


def ranks(values: np.ndarray) -> np.ndarray:
    """The rank of each value from 0, equal ones sharing the mean of theirs; flat float64."""
    _, places, counts = np.unique(values.ravel(), return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return ((ends - counts + ends - 1) / 2)[places.ravel()]


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    first, second = one - one.mean(), other - other.mean()
    sizes = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return float((first * second).sum()) / sizes if sizes else 0.0
