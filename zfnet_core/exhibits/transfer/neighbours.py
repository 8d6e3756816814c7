"""The photos that are most like a new one, and whether it is like any of them at all.

Likeness is the cosine between features: 1 − cosine is the distance, from 0 (the same direction) to 2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

USUAL_SHARE = 0.9


@dataclass(frozen=True, eq=False)
class Nearest:
    """`photos` [k] by number, the nearest first, with their `distances` [k]."""

    photos: np.ndarray
    distances: np.ndarray


def distances(features: np.ndarray, others: np.ndarray) -> np.ndarray:
    """1 − cosine between features [n, numbers] and [m, numbers]: [n, m]. Features that are all 0 are like nothing."""
    return 1 - _directions(features) @ _directions(others).T


def nearest(features: np.ndarray, new: np.ndarray, count: int) -> Nearest:
    """The `count` photos of features [photos, numbers] that are nearest to the `new` one [numbers]."""
    found = distances(new[None], features)[0]
    order = np.argsort(found, kind="stable")[:count]
    return Nearest(order, found[order])


def reach(features: np.ndarray, labels: np.ndarray) -> float | None:
    """How far a photo may be from its nearest one and still be taken for one of the classes (our rule).

    Of each photo the distance to the nearest other one of its class is measured; nine in ten of them are at most this
    far. A tenth of the photos that belong here is thus refused, too. None where no class has two photos.
    """
    apart = distances(features, features)
    apart[(labels[:, None] != labels) | np.eye(len(labels), dtype=bool)] = np.inf
    own = apart.min(axis=1)
    own = own[np.isfinite(own)]
    return float(np.quantile(own, USUAL_SHARE)) if len(own) else None


def _directions(features: np.ndarray) -> np.ndarray:
    rows = features.astype(np.float64)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1)
