"""In which order to look at the maps of a layer, given what each was found to respond to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import interpolate, normalize

from zfnet_core.files import replaced
from zfnet_core.models.network import Network
from zfnet_core.photos.corpus import Corpus
from zfnet_core.top_activations.patches import places, projections
from zfnet_core.top_activations.strongest import Strongest, TopActivations

COMPARED_PX = 32


def descending(scores: np.ndarray) -> np.ndarray:
    """Map numbers by falling score [maps]; equal ones by number."""
    return np.argsort(-scores, kind="stable")


def response(kept: Strongest, maxima: np.ndarray) -> np.ndarray:
    """How strongly one photo excites each map, as a share of the strongest unit found in the corpus: float32 [maps].

    `maxima` [maps] are the photo's own maxima; above 1 the photo beats the whole corpus. Maps that nothing in the
    corpus excites get 0, since their share means nothing.
    """
    record = kept.values[:, 0]
    return np.where(record > 0, maxima / np.where(record > 0, record, 1), 0).astype(np.float32)


def comparable(projection: torch.Tensor) -> torch.Tensor:
    """A projection [3, H, W] reduced to at most 32 × 32 px by averaging, enough to compare it with others."""
    return interpolate(projection[None], size=min(COMPARED_PX, projection.shape[-1]), mode="area")[0]


def unlikeness(projections: Sequence[torch.Tensor]) -> float:
    """Mean of 1 − cosine over all pairs of signed pictures: 0 where all are the same, about 1 where they share nothing.

    Silent units, whose picture is empty, do not count; fewer than two pictures give 0.
    """
    flat = [picture.flatten() for picture in projections if picture.any()]
    if len(flat) < 2:
        return 0.0
    directions = normalize(torch.stack(flat), dim=1)
    cosines = directions @ directions.T
    pairs = len(flat) * (len(flat) - 1)
    return float(1 - (cosines.sum() - cosines.trace()) / pairs)


def unlike_maps(
    network: Network, corpus: Corpus, found: TopActivations, layer: str
) -> Iterator[tuple[int, int, np.ndarray]]:
    """Project all strongest units of a layer; yields (done, units in all, unlikeness [maps] from those so far).

    Units on photos that have become unreadable are left out, so that `done` stays below the number of units.
    """
    maps = found.settings.layers[layer]
    wanted = places(found, layer, range(maps))
    of_map: dict[int, list[torch.Tensor]] = defaultdict(list)
    scores = np.zeros(maps, np.float32)
    made = projections(network, corpus, wanted, skip_unreadable=True)
    for done, (index, pixels) in enumerate(made, start=1):
        map = wanted[index].unit.map
        of_map[map].append(comparable(pixels))
        scores[map] = unlikeness(of_map[map])
        yield done, len(wanted), scores


def save_scores(scores: np.ndarray, path: Path) -> None:
    """Keep a score per map [maps]; whenever the process is killed, the whole file is there or none."""
    with replaced(path) as place, place.open("wb") as file:
        np.save(file, scores.astype(np.float32))


def load_scores(path: Path, maps: int) -> np.ndarray | None:
    """What `save_scores` wrote, float32 [maps]; None for anything else."""
    try:
        scores = np.load(path)
    except (OSError, EOFError, ValueError):
        return None
    return scores if scores.shape == (maps,) and scores.dtype == np.float32 else None
