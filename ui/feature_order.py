"""The orders in which a layer's maps can be looked at, each with the number that it goes by."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ui import engine
from ui.feature_source import Source
from ui.growing import growing
from zfnet_core.bounded_cache import BoundedCache
from zfnet_core.compute import MEGABYTE
from zfnet_core.experiments.feature_order import descending, load_scores, response, save_scores, unlike_maps
from zfnet_core.experiments.search_folder import cache_folder
from zfnet_core.models.network import Layer
from zfnet_core.shared_results import SharedResults

ORDERS = {
    "number": "by number",
    "strength": "strongest first",
    "unlike": "most unlike nine first",
    "photo": "strongest on your photo first",
}
SLOT = "features:unlike"

_comparisons: SharedResults[tuple[int, int, np.ndarray]] = SharedResults(MEGABYTE, lambda step: step[2].nbytes)
_scores: BoundedCache[np.ndarray] = BoundedCache(4 * MEGABYTE, lambda scores: scores.nbytes)


def unlike_scores(source: Source, layer: Layer) -> np.ndarray | None:
    """How unlike the nine of each map are; None while nobody has worked it out."""
    if source.gallery is not None:
        return source.gallery.unlike(layer.name)
    place = _place(source, layer)
    scores = _scores.get(place)
    if scores is None and (scores := load_scores(place, layer.maps)) is not None:
        _scores.put(place, scores)
    return scores


def comparing(source: Source, layer: Layer) -> float:
    """Share (0–1) of the strongest units of a layer that have been projected and compared, by one job for everybody.

    When it is over, `unlike_scores` knows the scores. They stay on disk unless a photo was unreadable.
    """
    network, corpus, found, place = source.network, source.corpus, source.found, _place(source, layer)
    step, job = growing(_comparisons, SLOT, place, lambda: unlike_maps(network, corpus, found, layer.name))
    done, total, scores = step or (0, 1, np.zeros(layer.maps, np.float32))
    if job is None and (step is None or _comparisons.complete(place) is not None):
        _scores.put(place, scores)
        if done == total:
            save_scores(scores, place)
    return done / total


def ordered_maps(source: Source, layer: Layer, order: str) -> tuple[list[int], list[str]]:
    """Map numbers in that order, and beside each the number that put it there, in words."""
    kept = source.found.layers[layer.name]
    record = kept.values[:, 0]
    if order == "unlike" and (scores := unlike_scores(source, layer)) is not None:
        maps = descending(scores).tolist()
        return maps, [f"unlike {scores[map]:.2f}" for map in maps]
    if order == "photo":
        shares = response(kept, engine.summary(layer.name).maxima)
        maps = descending(shares).tolist()
        return maps, [f"your photo {shares[map]:.0%}" for map in maps]
    maps = descending(record).tolist() if order == "strength" else list(range(layer.maps))
    return maps, [f"max {record[map]:.3g}" if record[map] > 0 else "silent" for map in maps]


def _place(source: Source, layer: Layer) -> Path:
    """The file of a layer's scores, beside the answer of the search."""
    return cache_folder() / f"{source.found.settings.key}.{layer.name}.unlike.npy"
