"""What is said beside a wall of features."""

from __future__ import annotations

import numpy as np

from zfnet_core.deconvnet.scaling import DESCRIPTIONS, Scaling
from zfnet_core.exhibits.features import Source, Wall
from zfnet_core.language import later, t, tn
from zfnet_core.photos.folder_names import spoken

MOST_NAMED = 3
SHIPPED = (
    later("all 5,687 photographs of Caltech-101, drawings left out"),
    later("Photos: Caltech-101 (Li, Andreeto, Ranzato & Perona 2022, CaltechDATA), CC BY 4.0, reduced and cut out."),
)
"""What the bundled galleries say of themselves, so that it has a translation: their photos, and whose these are."""


def map_in_words(source: Source, layer: str, map: int, gone: int = 0) -> str:
    """A map's nine in words: their activations, and the folders of their photos where these are names."""
    values = source.kept(layer).values[map]
    if not values[0] > 0:
        return t("Map {map} of {layer}: nothing here excites it.", map=map, layer=layer)
    finite = values[np.isfinite(values)]
    ((name, count), *_) = source.names(layer, map)
    told = t(
        "Map {map} of {layer}: activations {first:.3g} to {last:.3g}, {count} of {n} on photos of {name}.",
        map=map,
        layer=layer,
        first=finite[0],
        last=finite[-1],
        count=count,
        n=len(finite),
        name=spoken(name),
    )
    return f"{told} {t('{n} of these photos cannot be read any more.', n=gone)}" if gone else told


def what_it_shows(source: Source, layer: str, map: int) -> str:
    """What the photos of a map's nine show, with counts: 5 sail · 2 kite · 2 others."""
    if not source.kept(layer).values[map, 0] > 0:
        return t("nothing excites it")
    names = source.names(layer, map)
    told = [f"{count}\u00a0{spoken(name)}" for name, count in names[:MOST_NAMED]]
    rest = sum(count for _, count in names[MOST_NAMED:])
    return " · ".join([*told, *([tn("{n}\u00a0other", "{n}\u00a0others", rest)] if rest else [])])


def gone_sentence(wall: Wall) -> str:
    """Which photos cannot be read any more; empty if there are none."""
    if not (gone := wall.gone):
        return ""
    names = ", ".join(gone[:5]) + (" …" if len(gone) > 5 else "")
    return t(
        "Crossed out here: {n} of the photos cannot be read any more ({names}). Put them back or search again.",
        n=len(gone),
        names=names,
    )


def missing_photos(source: Source) -> str:
    """What to say where patches are missing, and which photos were skipped."""
    words = []
    if source.corpus is None and source.gallery is not None and source.gallery.has_patches:
        words.append(t("Patches: {credit}.", credit=t(source.gallery.credit).rstrip(".。")))
    elif source.corpus is None:
        words.append(
            t("The photos themselves are not part of this app, so there are no patches beside the projections.")
        )
    if broken := source.found.broken:
        names = ", ".join(source.id(photo) for photo in list(broken)[:5])
        end = " …" if len(broken) > 5 else "."
        words.append(
            tn(
                "{n} photo could not be read: {names}",
                "{n} photos could not be read: {names}",
                len(broken),
                names=names + end,
            )
        )
    return " ".join(words)


def scaling_sentence(source: Source, scaling: Scaling) -> str:
    """How the projections are drawn, and where that is only nearly so."""
    if source.gallery is None or scaling == source.gallery.about["scaling"]:
        return t(DESCRIPTIONS[scaling])
    nearly = t(
        "The gallery was drawn with the other scaling; this one is worked out from its pictures and is therefore an "
        "approximation."
    )
    return f"{t(DESCRIPTIONS[scaling])} {nearly}"
