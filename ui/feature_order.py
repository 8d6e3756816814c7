"""The orders in which a layer's maps can be looked at, each with the number that it goes by."""

from __future__ import annotations

import numpy as np

from ui import engine
from ui.feature_source import Source
from zfnet_core.experiments.feature_order import descending, response, unlike_maps
from zfnet_core.jobs import Job
from zfnet_core.map_summary import summarise
from zfnet_core.models.network import Layer

ORDERS = {
    "number": "by number",
    "strength": "strongest first",
    "unlike": "most unlike nine first",
    "photo": "strongest on your photo first",
}


def unlike_scores(source: Source, layer: Layer) -> np.ndarray | None:
    """How unlike the nine of each map are; None while that is still being worked out."""
    if source.gallery is not None:
        return source.gallery.unlike(layer.name)
    job = comparison(source, layer)
    if job.state == "failed":
        raise job.error
    return job.partial[2] if job.state == "done" else None


def comparison(source: Source, layer: Layer) -> Job:
    """This session's job that projects and compares all strongest units of a layer."""
    key = f"{source.key}-{layer.name}"
    network, corpus, found = source.network, source.corpus, source.found
    return engine.job("features:unlike", key, lambda: unlike_maps(network, corpus, found, layer.name))


def ordered_maps(source: Source, layer: Layer, order: str) -> tuple[list[int], list[str]]:
    """Map numbers in that order, and beside each the number that put it there, in words."""
    kept = source.found.layers[layer.name]
    record = kept.values[:, 0]
    if order == "unlike" and (scores := unlike_scores(source, layer)) is not None:
        maps = descending(scores).tolist()
        return maps, [f"unlike {scores[map]:.2f}" for map in maps]
    if order == "photo":
        maxima = summarise(engine.trace().activation(layer.name)[0]).maxima
        shares = response(kept, maxima)
        maps = descending(shares).tolist()
        return maps, [f"your photo {shares[map]:.0%}" for map in maps]
    maps = descending(record).tolist() if order == "strength" else list(range(layer.maps))
    return maps, [f"max {record[map]:.3g}" if record[map] > 0 else "silent" for map in maps]
