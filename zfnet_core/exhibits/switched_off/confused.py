"""What a class is confused with: the answers to photos whose class is known."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Confused:
    """Of `photos` of the class `right` were given it; the others were taken for other classes, and photos of others
    for it: (class index, how many), the most frequent first."""

    photos: int
    right: int
    taken_for: tuple[tuple[int, int], ...]
    taken_from: tuple[tuple[int, int], ...]


def confused(truth: np.ndarray, answers: np.ndarray, class_index: int) -> Confused:
    """Count the answers [photos] to photos of classes `truth` [photos]; an answer below 0 is none and is left out."""
    known = answers >= 0
    truth, answers = truth[known], answers[known]
    given = Counter(answers[truth == class_index].tolist())
    others = Counter(truth[answers == class_index].tolist())
    photos, right = sum(given.values()), given.pop(class_index, 0)
    others.pop(class_index, None)
    return Confused(photos, right, _most_first(given), _most_first(others))


def _most_first(counts: Counter[int]) -> tuple[tuple[int, int], ...]:
    return tuple(sorted(counts.items(), key=lambda one: (-one[1], one[0])))
