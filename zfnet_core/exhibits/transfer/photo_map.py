"""All photos as points of a plane, those with like features near each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

Kind = Literal["pca", "tsne"]
KINDS: tuple[Kind, ...] = ("pca", "tsne")
FEWEST = {"pca": 2, "tsne": 5}  # photos
MOST_PERPLEXITY = 30.0
FIRST_AXES = 50


@dataclass(frozen=True, eq=False)
class PhotoMap:
    """`places` [photos, 2]; `shown` is the share of all differences that the plane keeps (PCA), else None."""

    kind: Kind
    places: np.ndarray
    shown: float | None


def photo_map(features: np.ndarray, kind: Kind) -> PhotoMap | None:
    """Lay out features [photos, numbers]; None for too few photos.

    PCA: the two directions in which they differ most. t-SNE (scikit-learn's, with a fixed seed): near stays near, but
    distances between groups and their sizes mean nothing.
    """
    if len(features) < FEWEST[kind]:
        return None
    centred = features.astype(np.float64) - features.mean(axis=0, dtype=np.float64)
    values, vectors = np.linalg.eigh(centred @ centred.T)
    values, vectors = np.clip(values[::-1], 0, None), vectors[:, ::-1]
    vectors = vectors * np.where(vectors[np.abs(vectors).argmax(axis=0), range(len(vectors))] < 0, -1, 1)
    axes = vectors * np.sqrt(values)
    if kind == "pca":
        total = values.sum()
        return PhotoMap(kind, axes[:, :2], float(values[:2].sum() / total) if total > 0 else 1.0)
    from sklearn.manifold import TSNE

    perplexity = min(MOST_PERPLEXITY, (len(features) - 1) / 3)
    made = TSNE(2, perplexity=perplexity, init=axes[:, :2] * 1e-4 / (axes[:, 0].std() or 1), random_state=0)
    return PhotoMap(kind, made.fit_transform(axes[:, :FIRST_AXES]), None)
