"""A linear SVM for many classes and photos: the optimum of scikit-learn's LinearSVC, of all classes at once.

Each class against the rest minimises |w|²/2 + C · Σ max(0, 1 − y·f)², f = w · x + b, with the bias in the norm as
liblinear has it. The weights are sums of photos, w = Σ a·x, so everything is said by the products of photos with each
other, and one of Newton's steps (Chapelle, “Training a support vector machine in the primal”, 2007) is a linear system
over the photos on the wrong side of their margin. Conjugate gradients solve it for all classes together, which is where
the time is won: the products are read once for a hundred classes.
"""

from __future__ import annotations

import numpy as np

MOST_STEPS, MOST_ROUNDS = 30, 400
NEAR = 1e-4  # of a right-hand side, up to which a system is solved


def many_classes(features: np.ndarray, labels: np.ndarray, strength: float) -> tuple[np.ndarray, np.ndarray]:
    """Of centred `features` [photos, numbers] of classes `labels` [photos]: float32 `weights` [classes, numbers] and
    `bias` [classes]. Takes room for photos² products."""
    rows = features.astype(np.float32)
    products = rows @ rows.T + 1  # the bias is the weight of a number that is 1 everywhere
    classes = int(labels.max()) + 1
    sign = np.where(labels[:, None] == np.arange(classes), 1, -1).astype(np.float32)
    parts, active = np.zeros_like(sign), np.ones(sign.shape, bool)
    for _ in range(MOST_STEPS):
        parts = _solved(products, sign, active, parts, np.float32(1 / (2 * strength)))
        now = sign * (products @ parts) < 1
        if (now == active).all():
            break
        active = now
    return parts.T @ rows, parts.sum(axis=0)


def _solved(
    products: np.ndarray, sign: np.ndarray, active: np.ndarray, start: np.ndarray, ridge: np.float32
) -> np.ndarray:
    """a [photos, classes] with (products + ridge · 1) a = sign among the active photos, and 0 elsewhere."""

    def times(parts: np.ndarray) -> np.ndarray:
        return np.where(active, products @ parts + ridge * parts, 0)

    found = np.where(active, start, 0)
    left = np.where(active, sign, 0) - times(found)
    towards, size = left, np.square(left).sum(axis=0)
    enough = NEAR**2 * active.sum(axis=0)
    for _ in range(MOST_ROUNDS):
        if (size <= enough).all():
            break
        image = times(towards)
        far = size / np.maximum((towards * image).sum(axis=0), np.finfo(np.float32).tiny)
        far = np.where(size > enough, far, 0)
        found, left = found + far * towards, left - far * image
        size, before = np.square(left).sum(axis=0), size
        towards = left + size / np.maximum(before, np.finfo(np.float32).tiny) * towards
    return found
