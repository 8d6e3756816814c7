"""The photos behind a wall as the network sees them, decoded side by side and kept for a while."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from zfnet_core.errors import ImageError
from zfnet_core.exhibits.features.source import Source
from zfnet_core.serving.cache_budget import Cache

Item = TypeVar("Item")
Made = TypeVar("Made")
HANDS = 2

_seen: Cache[np.ndarray] = Cache()
_hands = ThreadPoolExecutor(HANDS, thread_name_prefix="hands")  # of everybody: a class shares two, and takes turns


def side_by_side(work: Callable[[Item], Made], items: Iterable[Item]) -> Iterator[Made]:
    """`work` on each item by the shared threads, in order, no more of them waiting than there are hands.

    `work` must not ask for the shared threads itself.
    """
    waiting: deque[Future[Made]] = deque()
    try:
        for item in items:
            if len(waiting) == HANDS:
                yield waiting.popleft().result()
            waiting.append(_hands.submit(work, item))
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def seen(source: Source, photos: Iterable[int]) -> dict[int, np.ndarray]:
    """What the network sees of these photos of the search, uint8 [input_px, input_px, 3].

    Photos that are not at hand or cannot be read are left out; `unreadable` tells which of the two.
    """
    pictures = ((photo, _picture(source, photo)) for photo in sorted(set(photos)))
    return {photo: picture for photo, picture in pictures if picture is not None}


def all_seen(source: Source, photos: Iterable[int]) -> dict[int, np.ndarray]:
    """The same, decoded by the shared threads."""
    wanted = sorted(set(photos)) if source.corpus is not None else []
    found: dict[int, np.ndarray] = {}
    for part in side_by_side(lambda photos: seen(source, photos), [wanted[hand::HANDS] for hand in range(HANDS)]):
        found |= part
    return found


def unreadable(source: Source, photo: int, pictures: dict[int, np.ndarray]) -> bool:
    """Whether a photo should be at hand and yet is not among the `pictures` that could be decoded."""
    return photo not in pictures and source.place(photo) is not None


def _picture(source: Source, photo: int) -> np.ndarray | None:
    corpus, place, preprocessing = source.corpus, source.place(photo), source.network.preprocessing
    if corpus is None or place is None:
        return None
    try:
        return _seen.get_or_make((corpus.key, place, preprocessing), lambda: corpus.shown(place, preprocessing))
    except ImageError:
        return None
