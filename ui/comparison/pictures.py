"""The pictures of Fig. 6 with their words: both networks side by side in one picture, at true relative size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ui.comparison.question import Question
from zfnet_core.exhibits.comparison.comparison import Comparison
from zfnet_core.exhibits.comparison.figure import (
    GALLERY_MAPS,
    dead_filters_of,
    filter_sheet,
    gallery_sheet,
    projection_sheet,
    side_by_side,
)
from zfnet_core.exhibits.comparison.layer_pictures import LayerPictures
from zfnet_core.language import t
from zfnet_core.models.network import Network
from zfnet_core.serving.cache_budget import Cache

Picture = tuple[np.ndarray, str]
_gallery_sheets: Cache[np.ndarray] = Cache()


def filters(networks: Sequence[Network], comparison: Comparison | None) -> Picture:
    """Layer 1 of both; dead filters, once they are known, in a frame."""
    sheets, words = [], []
    for side, network in enumerate(networks):
        dead = dead_filters_of(comparison, side) if comparison else None
        first = network.layers[0]
        sheets.append(filter_sheet(network, dead or ()))
        told = {"network": network.title, "maps": first.maps, "size": first.receptive_field.size}
        if dead is None:
            words.append(t("{network}: {maps} filters of {size} × {size} pixels", **told))
        elif dead:
            words.append(
                t(
                    "{network}: {maps} filters of {size} × {size} pixels, {dead} of them dead (framed)",
                    dead=len(dead),
                    **told,
                )
            )
        else:
            words.append(t("{network}: {maps} filters of {size} × {size} pixels, none of them dead", **told))
    return side_by_side(sheets), t("Left {left}; right {right}.", left=words[0], right=words[1])


def projections(question: Question, second: Sequence[LayerPictures]) -> Picture:
    """What layer 2 of both sees in the first photo, as projections or as the patches of the photo."""
    sizes = [pictures.patches.shape[1] for pictures in second]
    words = [
        t(
            "{network}: {maps} maps of {layer}, which see {size} × {size} pixels",
            network=network.title,
            maps=len(pictures.units),
            layer=pictures.layer,
            size=size,
        )
        for network, pictures, size in zip(question.networks, second, sizes, strict=True)
    ]
    sheet = side_by_side([projection_sheet(pictures, question.patches) for pictures in second])
    said = t(
        "Strongest patches of “{photo}”. Left {left}; right {right}."
        if question.patches
        else "Strongest projections in “{photo}”. Left {left}; right {right}.",
        photo=question.photos[0].title,
        left=words[0],
        right=words[1],
    )
    return sheet, said


def gallery(networks: Sequence[Network]) -> Picture | None:
    """The strongest projections of layer 2 over all photos; None unless both networks have a bundled gallery."""
    sheets = [_gallery_sheet(network) for network in networks]
    known = [sheet for sheet in sheets if sheet is not None]
    if len(known) < len(sheets):
        return None
    words = t(
        "The strongest projection over all photos of {maps} maps of layer 2: left {left}, right {right}.",
        maps=GALLERY_MAPS,
        left=networks[0].title,
        right=networks[1].title,
    )
    return side_by_side(known), words


def _gallery_sheet(network: Network) -> np.ndarray | None:
    def drawn() -> np.ndarray:
        sheet = gallery_sheet(network)
        return np.empty(0, np.uint8) if sheet is None else sheet

    found = _gallery_sheets.get_or_make(network.uid, drawn, of=network)
    return found if found.size else None
