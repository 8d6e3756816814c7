"""A new classifier on features: softmax regression or a linear SVM, as scikit-learn trains them.

Features are shifted to the mean of the photos it is taught on and divided by one number, their root mean square
distance from it, so that one strength of regularisation suits every layer (our choice; the paper states nothing). Both
are folded into the weights, so that a classifier takes features as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from zfnet_core.errors import ExplorerError
from zfnet_core.exhibits.transfer.svm import many_classes
from zfnet_core.language import t

Kind = Literal["softmax", "svm"]
KINDS: tuple[Kind, ...] = ("softmax", "svm")
MANY_CLASSES, MOST_AT_ONCE = 30, 6000  # photos: from there on, and up to there, all SVMs are found at once
ROUNDS = 1000  # at most, of the solver; a few dozen are usual


class TooFewPhotos(ExplorerError):
    """A classifier needs two classes with a photo each."""


@dataclass(frozen=True)
class Training:
    """`strength` is scikit-learn's C: how much an error on a photo counts against large weights (our choice: 1)."""

    kind: Kind = "softmax"
    strength: float = 1.0


@dataclass(frozen=True, eq=False)
class Classifier:
    """Scores of a photo's features x are weights · x + bias: `weights` float32 [classes, numbers], `bias` [classes]."""

    training: Training
    weights: np.ndarray
    bias: np.ndarray

    def scores(self, features: np.ndarray) -> np.ndarray:
        """Of features [photos, numbers]: [photos, classes]. The largest wins; an SVM's are its signed distances."""
        return features @ self.weights.T + self.bias

    def answers(self, features: np.ndarray) -> np.ndarray:
        """The class that wins, for each photo [photos]."""
        return self.scores(features).argmax(axis=1)

    def shares(self, features: np.ndarray) -> np.ndarray:
        """Scores as shares that sum to 1 [photos, classes]. For a softmax these are its probabilities; for an SVM they
        only show the order, as it knows no probabilities."""
        scores = self.scores(features)
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)


def fit(features: np.ndarray, labels: np.ndarray, training: Training | None = None) -> Classifier:
    """Teach features [photos, numbers] of the classes `labels` [photos], 0 … classes − 1, each of them at least once.

    The weights that regularisation finds lie in the space that the photos span, so where there are many more numbers
    than photos they are looked for there, in coordinates turned by an orthogonal matrix: the same result, much faster.
    Raises TooFewPhotos.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import LinearSVC

    training = training or Training()
    classes = int(labels.max()) + 1 if len(labels) else 0
    if classes < 2 or len(np.unique(labels)) < classes:
        raise TooFewPhotos(t("A classifier needs at least two classes, and a photo in each of them."))
    mean, scale = centre(features)
    centred = (features - mean) / scale
    if training.kind == "svm" and classes >= MANY_CLASSES and len(labels) <= MOST_AT_ONCE:
        weights, bias = many_classes(centred, labels, training.strength)
        weights = weights / scale
        return Classifier(training, weights.astype(np.float32), (bias - weights @ mean).astype(np.float32))
    turned, basis = _turned(centred)
    if training.kind == "softmax":
        model = LogisticRegression(C=training.strength, max_iter=ROUNDS)
    else:
        model = LinearSVC(C=training.strength, max_iter=10 * ROUNDS, random_state=0)
    model.fit(turned, labels)
    weights, bias = np.asarray(model.coef_), np.asarray(model.intercept_)
    if basis is not None:
        weights = weights @ basis
    if classes == 2:  # scikit-learn keeps one row: its score for the second class, against the first
        half = 2 if training.kind == "softmax" else 1
        weights, bias = np.stack([-weights[0], weights[0]]) / half, np.stack([-bias[0], bias[0]]) / half
    weights = weights / scale
    return Classifier(training, weights.astype(np.float32), (bias - weights @ mean).astype(np.float32))


def centre(features: np.ndarray) -> tuple[np.ndarray, float]:
    """The mean of features [photos, numbers], float64, and their root mean square distance from it, never 0."""
    mean = features.mean(axis=0, dtype=np.float64)
    distance = float(np.sqrt(np.square(features - mean).sum(axis=1).mean()))
    return mean, distance or 1.0


def _turned(centred: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """`centred` [photos, numbers] in the coordinates of the space it spans, and that space's basis; itself, None where
    that would gain nothing."""
    photos, numbers = centred.shape
    if numbers <= 2 * photos:
        return centred, None
    values, vectors = np.linalg.eigh(centred @ centred.T)
    kept = values > values[-1] * 1e-10
    lengths = np.sqrt(values[kept])
    return vectors[:, kept] * lengths, (vectors[:, kept] / lengths).T @ centred
