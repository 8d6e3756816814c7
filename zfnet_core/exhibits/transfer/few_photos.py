"""How few photos are enough (Fig. 9), and which layer knows what (Table 7), for any classes: random choices, and what
is right among the photos that were left over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from zfnet_core.exhibits.transfer.classifier import Kind, Training, fit
from zfnet_core.exhibits.transfer.protocol import mean_per_class

COUNTS = (1, 2, 3, 5, 7, 10, 15, 20, 30, 45, 60)
SHARE_TO_TEACH = 0.8


@dataclass(frozen=True)
class CurveSettings:
    """`repeats` random choices for each number of photos; `seed` draws them."""

    training: Training = field(default_factory=Training)
    repeats: int = 10
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Curve:
    """`accuracy` [counts, repeats] in per cent, averaged over classes; not a number where it is not known yet."""

    settings: CurveSettings
    counts: tuple[int, ...]
    accuracy: np.ndarray

    @property
    def done(self) -> float:
        """The share of values that are known, 0…1."""
        return float(np.isfinite(self.accuracy).mean()) if self.accuracy.size else 1.0

    @property
    def means(self) -> np.ndarray:
        """Over the random choices that are known [counts]; not a number where there is none."""
        return np.array([known.mean() if len(known) else np.nan for known in self._known()])

    @property
    def spreads(self) -> np.ndarray:
        """Standard deviations over the random choices [counts]; not a number where there are not two."""
        return np.array([known.std(ddof=1) if len(known) > 1 else np.nan for known in self._known()])

    def _known(self) -> list[np.ndarray]:
        return [row[np.isfinite(row)] for row in self.accuracy]


def possible_counts(labels: np.ndarray) -> tuple[int, ...]:
    """Numbers of photos a class to teach with, so that every class keeps one to be asked about."""
    smallest = int(np.bincount(labels).min()) if len(labels) else 0
    return tuple(count for count in COUNTS if count < smallest)


def random_choice(labels: np.ndarray, count: int, dice: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Photos to teach with, `count` of each class, and all the others."""
    classes = int(labels.max()) + 1
    chosen = [dice.permutation(np.flatnonzero(labels == number))[:count] for number in range(classes)]
    teach = np.sort(np.concatenate(chosen))
    return teach, np.setdiff1d(np.arange(len(labels)), teach)


def curve(features: np.ndarray, labels: np.ndarray, settings: CurveSettings) -> Iterator[Curve]:
    """Accuracy against photos a class, one random choice after the other; every repeat goes through all numbers."""
    counts = possible_counts(labels)
    accuracy = np.full((len(counts), settings.repeats), np.nan)
    for repeat in range(settings.repeats):
        for place, count in enumerate(counts):
            teach, ask = random_choice(labels, count, choice_of(settings.seed, count, repeat))
            answers = fit(features[teach], labels[teach], settings.training).answers(features[ask])
            accuracy[place, repeat] = mean_per_class(answers, labels[ask])
        yield Curve(settings, counts, accuracy.copy())


def choice_of(seed: int, count: int, repeat: int) -> np.random.Generator:
    """The dice of one random choice: the same for every layer, classifier and network."""
    return np.random.default_rng((seed, count, repeat))


@dataclass(frozen=True, eq=False)
class LayerTable:
    """`accuracy` [layers, kinds, repeats] in per cent, averaged over classes, with `per_class` photos of each to teach
    with; not a number where it is not known yet."""

    layers: tuple[str, ...]
    kinds: tuple[Kind, ...]
    per_class: int
    accuracy: np.ndarray

    @property
    def done(self) -> float:
        """The share of values that are known, 0…1."""
        return float(np.isfinite(self.accuracy).mean())

    def value(self, layer: str, kind: Kind) -> tuple[float, float] | None:
        """Mean and standard deviation over the random choices; None while there are not two of them."""
        values = self.accuracy[self.layers.index(layer), self.kinds.index(kind)]
        known = values[np.isfinite(values)]
        return (float(known.mean()), float(known.std(ddof=1))) if len(known) > 1 else None


def by_layer(
    features: Mapping[str, np.ndarray],
    labels: np.ndarray,
    kinds: Sequence[Kind] = ("svm", "softmax"),
    repeats: int = 5,
    strength: float = 1.0,
) -> Iterator[LayerTable]:
    """Every layer with every classifier on the same random choices: four in five of the smallest class's photos teach.

    There must be two photos in every class.
    """
    layers, kinds = tuple(features), tuple(kinds)
    per_class = max(1, int(SHARE_TO_TEACH * np.bincount(labels).min()))
    accuracy = np.full((len(layers), len(kinds), repeats), np.nan)
    for repeat in range(repeats):
        teach, ask = random_choice(labels, per_class, choice_of(0, per_class, repeat))
        for row, layer in enumerate(layers):
            for column, kind in enumerate(kinds):
                made = fit(features[layer][teach], labels[teach], Training(kind, strength))
                accuracy[row, column, repeat] = mean_per_class(made.answers(features[layer][ask]), labels[ask])
            yield LayerTable(layers, kinds, per_class, accuracy.copy())
