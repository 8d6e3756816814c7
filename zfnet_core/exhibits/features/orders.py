"""The orders in which a layer's maps can be looked at, each with the number that it goes by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from zfnet_core.exhibits.features.source import Source
from zfnet_core.language import later, t
from zfnet_core.top_activations.order import descending, response

ORDERS = {
    "number": later("by number"),
    "strength": later("strongest first"),
    "unlike": later("most unlike nine first"),
    "photo": later("strongest on your photo first"),
}


@dataclass(frozen=True)
class Ordered:
    """All maps of a layer in an order, and beside each the number that put it there, in the words of who asks."""

    maps: tuple[int, ...]
    numbers: tuple[str, ...]


def ordered(
    source: Source, layer: str, order: str, *, unlike: np.ndarray | None = None, maxima: np.ndarray | None = None
) -> Ordered:
    """The maps of `layer` by one of ORDERS.

    `unlike` [maps] are the scores of the order of that name, `maxima` [maps] what the visitor's photo reaches; where
    they are missing the maps come by number, as they do for an order that is not known.
    """
    record = source.kept(layer).values[:, 0]
    if order == "unlike" and unlike is not None:
        return _by(unlike, lambda map: t("unlike {value:.2f}", value=unlike[map]))
    if order == "photo" and maxima is not None:
        shares = response(source.kept(layer), maxima)
        return _by(shares, lambda map: t("your photo {share:.0f}\u202f%", share=100 * shares[map]))
    if order == "strength":
        return _by(record, lambda map: _most(record[map]))
    return Ordered(tuple(range(len(record))), tuple(_most(value) for value in record))


def _most(value: float) -> str:
    return t("max {value:.3g}", value=value) if value > 0 else t("silent")


def _by(scores: np.ndarray, words: Callable[[int], str]) -> Ordered:
    maps = tuple(descending(scores).tolist())
    return Ordered(maps, tuple(words(map) for map in maps))
