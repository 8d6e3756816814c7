"""How good a classifier is on photos that it was not taught with: k-fold cross-validation, or no figure at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zfnet_core.exhibits.transfer.classifier import Training, fit

MOST_FOLDS = 5
FEWEST = 3  # photos in the smallest class; with two, one is left to learn from, which says next to nothing


@dataclass(frozen=True, eq=False)
class Validation:
    """`folds` parts, each asked of a classifier that was taught with the others; 0 where no honest figure exists.

    `answers` [photos] are the classes they were given then (−1 without a figure), `truth` [photos] what they are.
    """

    folds: int
    truth: np.ndarray
    answers: np.ndarray
    classes: int

    @property
    def right(self) -> int:
        """How many photos were given their own class."""
        return int((self.answers == self.truth).sum())

    @property
    def accuracy(self) -> float | None:
        """The share of right answers, 0…1; None where no honest figure exists."""
        return self.right / len(self.truth) if self.folds else None

    @property
    def confusion(self) -> np.ndarray:
        """How many photos of class [row] were given class [column]: int [classes, classes]."""
        table = np.zeros((self.classes, self.classes), int)
        known = self.answers >= 0
        np.add.at(table, (self.truth[known], self.answers[known]), 1)
        return table

    @property
    def wrong(self) -> np.ndarray:
        """The photos that were given another class than their own."""
        return np.flatnonzero((self.answers >= 0) & (self.answers != self.truth))


def validate(features: np.ndarray, labels: np.ndarray, training: Training) -> Validation:
    """Cross-validate on features [photos, numbers] of classes `labels` [photos].

    As many folds as the smallest class has photos, five at most; each class is spread evenly over them, in an order
    drawn with a fixed seed. With fewer than three photos in a class there is no figure.
    """
    from sklearn.model_selection import StratifiedKFold

    classes, smallest = int(labels.max()) + 1, int(np.bincount(labels).min())
    answers = np.full(len(labels), -1)
    if classes < 2 or smallest < FEWEST:
        return Validation(0, labels, answers, classes)
    folds = min(MOST_FOLDS, smallest)
    for teach, ask in StratifiedKFold(folds, shuffle=True, random_state=0).split(features, labels):
        answers[ask] = fit(features[teach], labels[teach], training).answers(features[ask])
    return Validation(folds, labels, answers, classes)
