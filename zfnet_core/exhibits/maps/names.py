"""A working name for a map: what most of its nine strongest photos show, as their folders say. A guess, no more.

The photos are one each, and the map answers to a part of each, so the name may be of what stands beside that part.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from zfnet_core.photos.folder_names import folder_in_words, spoken
from zfnet_core.top_activations.gallery import Gallery

LEAST = 4
"""So many of the nine must show the same, or the map has no name (our choice)."""


@dataclass(frozen=True)
class Name:
    """What a map of `layer` is called: `word`, what `count` of the `of` photos that excite it show; "" for no name.

    `shows` is everything that they show, the most frequent first.
    """

    layer: str
    map: int
    word: str
    count: int
    of: int
    shows: tuple[tuple[str, int], ...]


def name_of(gallery: Gallery, layer: str, map: int) -> Name:
    """The name of one map."""
    shows = tuple(gallery.shows(layer, map))
    of = sum(count for _, count in shows)
    word, count = shows[0] if shows and shows[0][1] >= LEAST else ("", 0)
    return Name(layer, map, word, count, of, shows)


@lru_cache(32)
def named(gallery: Gallery, layer: str) -> tuple[Name, ...]:
    """The names of all maps of a layer, in their order."""
    return tuple(name_of(gallery, layer, map) for map in range(len(gallery.found.layers[layer].values)))


def search(gallery: Gallery, word: str, most: int = 24) -> tuple[Name, ...]:
    """The maps of all layers whose nine show what is asked for, most photos first, then the higher layer.

    A photo counts if `word`, in whatever case, is a part of what its folder is called, in English or as it is
    spoken. `word` and `count` of the result are what was found, whether or not it is the map's name.
    """
    asked = folder_in_words(" ".join(word.casefold().split())).casefold()
    if not asked:
        return ()
    order = {layer: at for at, layer in enumerate(gallery.found.layers)}
    hits = []
    for layer in gallery.found.layers:
        for one in named(gallery, layer):
            found = [
                (what, count)
                for what, count in one.shows
                if asked in what.casefold() or asked in spoken(what).casefold()
            ]
            if found:
                what = ", ".join(what for what, _ in found)
                hits.append(Name(layer, one.map, what, sum(count for _, count in found), one.of, one.shows))
    return tuple(sorted(hits, key=lambda hit: (-hit.count, -order[hit.layer], hit.map))[:most])


def words(gallery: Gallery) -> Sequence[tuple[str, int]]:
    """All that maps are called, and how many maps are: the most frequent first."""
    found = Counter(one.word for layer in gallery.found.layers for one in named(gallery, layer) if one.word)
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))
