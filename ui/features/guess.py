"""Predict first: eight of a map's nine patches are shown; which patch is the ninth?"""

from __future__ import annotations

from random import Random

from ui.shell.asked import Asked, key_of, letters
from ui.shell.nine_patches import enlarged, nine_patches
from zfnet_core.exhibits.features import Source
from zfnet_core.language import t

OFFERED, SHOWN, PICTURE_PX = 4, 8, 130


def asked(source: Source, layer: str) -> Asked | None:
    """What to ask of a layer; nothing where the patches are not at hand."""
    gallery = source.gallery
    if gallery is None or not gallery.has_patches:
        return None
    key = key_of("features", source.network.fingerprint, layer)
    maps, right = offered(source, layer, Random(key))
    if len(maps) < OFFERED:
        return None
    ninth = [gallery.patches(layer, number) for number in maps]
    names = letters(OFFERED)
    return Asked(
        key,
        t("These are eight of the nine places that one map of {layer} likes best. Which is the ninth?", layer=layer),
        names,
        frozenset({right}),
        t("what the search through the gallery’s photos found for that map."),
        tuple(
            t("{letter} is from map {map}", letter=letter, map=number)
            for letter, number in zip(names, maps, strict=True)
        ),
        tuple(enlarged(patches[SHOWN], PICTURE_PX) for patches in ninth if patches is not None),
        nine_patches(gallery, layer, maps[right], SHOWN),
        t("Eight patches of one map."),
    )


def offered(source: Source, layer: str, random: Random) -> tuple[tuple[int, ...], int]:
    """(four maps by lot of those that nine photos excite, which of them is asked about)."""
    kept = source.kept(layer)
    lively = [number for number in range(len(kept.values)) if bool((kept.values[number] > 0).all())]
    return tuple(random.sample(lively, min(OFFERED, len(lively)))), random.randrange(OFFERED)
