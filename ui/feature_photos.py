"""The photos behind a wall of features as the network sees them, decoded side by side and kept for a while."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ui.feature_source import Source
from zfnet_core.bounded_cache import BoundedCache
from zfnet_core.compute import MEGABYTE
from zfnet_core.errors import ImageError

HANDS = 2

_seen: BoundedCache[np.ndarray] = BoundedCache(64 * MEGABYTE, lambda picture: picture.nbytes)


def seen(source: Source, photos: Iterable[int]) -> dict[int, np.ndarray]:
    """What the network sees of these photos of the search, uint8 [input_px, input_px, 3].

    Photos that are not at hand or cannot be read are left out; `unreadable` tells which of the two.
    """
    wanted = sorted(set(photos))
    if source.corpus is None:
        return {}
    with ThreadPoolExecutor(HANDS) as hands:
        pictures = hands.map(lambda photo: _picture(source, photo), wanted)
        return {photo: picture for photo, picture in zip(wanted, pictures, strict=True) if picture is not None}


def unreadable(source: Source, photo: int, pictures: dict[int, np.ndarray]) -> bool:
    """Whether a photo should be at hand and yet is not among the `pictures` that could be decoded."""
    return photo not in pictures and source.place(photo) is not None


def _picture(source: Source, photo: int) -> np.ndarray | None:
    if (place := source.place(photo)) is None:
        return None
    preprocessing = source.network.preprocessing
    try:
        return _seen.get_or_make(
            (source.corpus.key, place, preprocessing), lambda: source.corpus.shown(place, preprocessing)
        )
    except ImageError:
        return None
