"""One round of a game: four photos, one of them right by a stated rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np

from zfnet_core.forward.map_summary import MapSummary

LEVELS = ("conv1", "conv2", "conv3", "conv4", "conv5")
OFFERED = 4
SHOWN = 12
CLEAR = 1.5
TRIES = 200


@dataclass(frozen=True)
class Round:
    """`photos` are the names of the four that are offered, `right` the index of the right one. `maps` are the feature
    maps of `layer` that are shown; `activations` what each photo's strongest unit in the one map has, () where that is
    not the question."""

    layer: str
    maps: tuple[int, ...]
    photos: tuple[str, ...]
    right: int
    activations: tuple[float, ...] = ()


def deal_photo(random: Random, photos: Sequence[str], layer: str, of: Callable[[str], MapSummary]) -> Round:
    """Which photo made these maps? The maps are the right one's strongest in the layer, the strongest first.

    `of(photo)` are all maps of the layer for a photo.
    """
    offered = tuple(random.sample(list(photos), OFFERED))
    right = random.randrange(OFFERED)
    maxima = of(offered[right]).maxima
    strongest = sorted(range(len(maxima)), key=lambda number: (-maxima[number], number))[:SHOWN]
    return Round(layer, tuple(strongest), offered, right)


def deal_map(random: Random, photos: Sequence[str], layer: str, of: Callable[[str], MapSummary]) -> Round:
    """Which photo will excite this map most? Right is the photo with the largest activation in it.

    A map is drawn by lot until one photo is clearly ahead: 1.5 times the second (our choice). Where none is, the round
    has the map with the clearest lead of those drawn.
    """
    offered = tuple(random.sample(list(photos), OFFERED))
    maxima = np.stack([of(photo).maxima for photo in offered])  # [photos, maps]
    best, lead = -1, -1.0
    for _ in range(TRIES):
        number = random.randrange(maxima.shape[1])
        second, first = np.sort(maxima[:, number])[-2:]
        ahead = float(first / second) if second > 0 else float(first > 0) * np.inf
        if ahead > lead:
            best, lead = number, ahead
        if lead >= CLEAR:
            break
    values = maxima[:, best]
    return Round(layer, (best,), offered, int(values.argmax()), tuple(float(value) for value in values))
