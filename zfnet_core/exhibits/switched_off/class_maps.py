"""The maps that speak most for a class: what its score loses without each map, on average over photos."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from zfnet_core.exhibits.switched_off.switches import ranking
from zfnet_core.forward.trace import trace
from zfnet_core.models.network import Network


@dataclass(frozen=True, eq=False)
class ClassMaps:
    """`score_fall` [maps]: by how much the class's score (before the softmax) falls without a map, the mean over the
    `photos` asked so far, not a number while not known; `done` is the share of the work that is over, 0…1."""

    layer: str
    class_index: int
    photos: int
    score_fall: np.ndarray
    done: float

    @property
    def order(self) -> np.ndarray:
        """Maps by number, those that speak most for the class first; unknown ones last."""
        return np.argsort(-np.where(np.isfinite(self.score_fall), self.score_fall, -np.inf), kind="stable")


def class_maps(network: Network, images: Sequence[torch.Tensor], layer: str, class_index: int) -> Iterator[ClassMaps]:
    """Switch off every map of a layer in turn, on each of `images` [1, 3, input_px, input_px]; growing results.

    Scores are compared, not probabilities: those of a class that is certain, or out of the question, hardly move.
    Raises UnknownName.
    """
    falls: list[np.ndarray] = []
    for image in images:
        found = None
        for found in ranking(trace(network, image), layer, class_index):
            done = (len(falls) + found.done) / len(images)
            mean = np.mean(falls, axis=0) if falls else found.score_fall
            yield ClassMaps(layer, class_index, max(1, len(falls)), mean, min(done, 1 - 1e-9))
        if found is not None:
            falls.append(found.score_fall)
    yield ClassMaps(layer, class_index, len(falls), np.mean(falls, axis=0), 1.0)
