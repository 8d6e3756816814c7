"""How unlike the nine of every map are: shipped, kept on disk, or worked out once for everybody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ui.shell import current, shared_task
from zfnet_core.exhibits.features import Source
from zfnet_core.top_activations.order import load_scores, save_scores, unlike_maps
from zfnet_core.top_activations.search_folder import cache_folder

SLOT = "features:unlike"


def unlike_scores(source: Source, layer: str) -> np.ndarray | None:
    """How unlike the nine of each map are [maps]; None while nobody has worked it out."""
    if source.gallery is not None:
        return source.gallery.unlike(layer)
    place = _place(source, layer)
    look = current.scheduler().tasks.newest(SLOT, place)
    if look is not None and look.complete and look.result is not None:
        scores: np.ndarray = look.result[2]
        return scores
    return load_scores(place, len(source.kept(layer).values))


def comparing(source: Source, layer: str) -> float:
    """Share (0–1) of the strongest units of a layer that have been projected and compared, by one task for everybody.

    When it is over, `unlike_scores` knows the scores.
    """
    look = shared_task.look(SLOT, _place(source, layer), lambda: _compared(source, layer))
    look.raise_failure()
    done, total, _ = look.result or (0, 1, None)
    return done / total


def _compared(source: Source, layer: str) -> Iterator[tuple[int, int, np.ndarray]]:
    """As `unlike_maps`; the scores stay on disk unless a photo was unreadable."""
    assert source.corpus is not None, "a gallery brings its scores along"
    done, total, scores = 0, 0, np.zeros(0, np.float32)
    for done, total, scores in unlike_maps(source.network, source.corpus, source.found, layer):
        yield done, total, scores
    if done == total:
        save_scores(scores, _place(source, layer))


def _place(source: Source, layer: str) -> Path:
    """The file of a layer's scores, beside the answer of the search."""
    return cache_folder() / f"{source.found.settings.key}.{layer}.unlike.npy"
