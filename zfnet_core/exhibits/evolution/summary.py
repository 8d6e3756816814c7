"""What a training film says in numbers: which layers have come to rest, and where the strongest photo changed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from zfnet_core.exhibits.evolution.film import Evolution, LayerEvolution


def still_changing(layer: LayerEvolution) -> np.ndarray:
    """How much a layer's projections differ from those one column before: mean of 1 − cosine over its maps [epochs].

    Column 0 is NaN. Maps that were silent both times have no picture to compare and do not count; NaN if all were.
    The paper reads this off by eye: lower layers converge within a few epochs, upper ones late (§3, Fig. 4).
    """
    comparable = _comparable(layer)
    difference = np.where(comparable, layer.difference, 0).sum(axis=0)
    count = comparable.sum(axis=0)
    return np.where(count > 0, difference / np.maximum(count, 1), np.nan)


def _comparable(layer: LayerEvolution) -> np.ndarray:
    """Where a projection can be compared with the one before: not silent both times, bool [maps, epochs]."""
    active = layer.values > 0
    comparable = np.zeros(active.shape, bool)
    comparable[:, 1:] = active[:, 1:] | active[:, :-1]
    return comparable


def change_per_epoch(evolution: Evolution, layer: str) -> np.ndarray:
    """`still_changing` divided by the epochs between the two columns [epochs], as snapshots may be far apart.

    1 − cosine cannot grow far beyond 1, so that over a long gap this is the least that an epoch changed on average.
    """
    gaps = np.diff(evolution.epochs, prepend=np.nan)
    return still_changing(evolution.layer(layer)) / gaps


def changed_and_stayed(layer: LayerEvolution) -> tuple[np.ndarray, np.ndarray]:
    """Mean of 1 − cosine over the maps whose strongest photo became another one, and over the others [epochs] each.

    Maps that were silent both times do not count; NaN where there is no map to average over.
    """
    means = []
    for part in (layer.changed_photo, ~layer.changed_photo):
        chosen = part & _comparable(layer)
        total, count = np.where(chosen, layer.difference, 0).sum(axis=0), chosen.sum(axis=0)
        means.append(np.where(count > 0, total / np.maximum(count, 1), np.nan))
    return means[0], means[1]


def settled_epoch(evolution: Evolution, layer: str, below: float = 0.1) -> int | None:
    """The first epoch from which on a layer's projections change by less than `below` per epoch; None if never.

    The bound is our choice.
    """
    change = change_per_epoch(evolution, layer)
    late = np.flatnonzero(~(change[1:] < below))
    first = late[-1] + 2 if len(late) else 1
    return evolution.epochs[first] if first < len(evolution.epochs) else None


def joined(one: Evolution, other: Evolution) -> Evolution:
    """The columns of two evolutions of the same maps over the same photos, one after the other."""
    layers = []
    for left, right in zip(one.layers, other.layers, strict=True):
        if left.maps != right.maps:
            raise ValueError(f"{left.layer}: maps {left.maps} cannot be joined with maps {right.maps}")
        arrays = {
            part: np.concatenate([getattr(left, part), getattr(right, part)], axis=1)
            for part in ("photo_ids", "rows", "columns", "values", "pictures")
        }
        layers.append(LayerEvolution(left.layer, left.maps, **arrays))
    return replace(
        one,
        epochs=one.epochs + other.epochs,
        layers=tuple(layers),
        curve=other.curve,
        stamps=one.stamps + other.stamps,
    )
