"""The paper's protocol for Caltech (§5.2): some training photos a class, others for testing, the mean over classes.

15 or 30 training photos a class, up to 50 test photos a class, accuracy averaged over classes, five random choices:
each is drawn with its own seed. Where folders say which photos validate (train/…, val/…), training photos are drawn
from the first and test photos from the second, so that no network is tested on a photo that it has seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from zfnet_core.errors import CorpusError
from zfnet_core.language import phrase
from zfnet_core.photos.corpus import Corpus


@dataclass(frozen=True)
class Protocol:
    """`per_class` training photos a class at most, `test` photos a class for testing at most."""

    per_class: int = 30
    test: int = 50


@dataclass(frozen=True, eq=False)
class Split:
    """One random choice: indices into the corpus, to teach and to test with."""

    train: np.ndarray
    test: np.ndarray


def class_numbers(corpus: Corpus) -> tuple[tuple[str, ...], np.ndarray]:
    """Names of the classes, sorted, and each photo's number among them [photos]."""
    names, numbers = np.unique(np.array(corpus.labels), return_inverse=True)
    return tuple(str(name) for name in names), numbers


def split(corpus: Corpus, protocol: Protocol, seed: int) -> Split:
    """The random choice of that seed. A class with too few photos gives what it has, but keeps one for testing.

    Raises CorpusError where there are not two classes, or a class has no photo to teach or to test with.
    """
    dice = np.random.default_rng(seed)
    names, numbers = class_numbers(corpus)
    if len(names) < 2:
        raise CorpusError(
            phrase("Two classes are needed, each a folder of photos; give a folder with at least two of them.")
        )
    parts = np.array(corpus.parts) if _told_apart(corpus) else None
    train: list[np.ndarray] = []
    test: list[np.ndarray] = []
    for number, name in enumerate(names):
        mine = dice.permutation(np.flatnonzero(numbers == number))
        if parts is None:
            count = min(protocol.per_class, len(mine) - 1)
            teach, ask = mine[:count], mine[count:]
        else:
            teach, ask = mine[parts[mine] == "train"][: protocol.per_class], mine[parts[mine] == "val"]
        if not len(teach) or not len(ask):
            raise CorpusError(
                phrase("“{name}” has too few photos: one to teach and one to test with are needed.", name=name)
            )
        train.append(teach)
        test.append(ask[: protocol.test])
    return Split(np.sort(np.concatenate(train)), np.sort(np.concatenate(test)))


def mean_per_class(answers: np.ndarray, truth: np.ndarray) -> float:
    """The share of right answers [photos] of each class of `truth` [photos], averaged over the classes, in per cent."""
    right = answers == truth
    return float(100 * np.mean([right[truth == number].mean() for number in np.unique(truth)]))


def mean_and_spread(values: Sequence[float]) -> tuple[float, float | None]:
    """The mean over random choices, and their standard deviation; None of a single one."""
    return float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else None


def _told_apart(corpus: Corpus) -> bool:
    """Whether folders say which photos are for testing; else `Corpus.parts` draws them itself, the same every time."""
    above = {PurePosixPath(id).parent.parent.name.lower() for id in corpus.ids}
    return "train" in above and bool(corpus.part("val"))
