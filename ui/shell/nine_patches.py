"""The strongest patches of one map as one picture, large enough to be looked at, for questions that show a map."""

from __future__ import annotations

import numpy as np

from zfnet_core.top_activations.gallery import Gallery

ACROSS, GAP_PX, LEAST_PX, GREY = 3, 4, 64, 128


def nine_patches(gallery: Gallery | None, layer: str, map: int, of: int = 9) -> np.ndarray | None:
    """The first `of` patches of a map in rows of three, uint8 [H, W, 3]; None where there are no patches of it."""
    if gallery is None or not gallery.has_patches or layer not in gallery.found.layers:
        return None
    patches = gallery.patches(layer, map)
    return None if patches is None else sheet([enlarged(patch) for patch in patches[:of]])


def sheet(tiles: list[np.ndarray]) -> np.ndarray:
    """Tiles of one size in rows of three on a grey ground, uint8 [H, W, 3]."""
    side = tiles[0].shape[0] + GAP_PX
    rows = -(-len(tiles) // ACROSS)
    ground = np.full((rows * side - GAP_PX, ACROSS * side - GAP_PX, 3), GREY, np.uint8)
    for place, tile in enumerate(tiles):
        top, left = place // ACROSS * side, place % ACROSS * side
        ground[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
    return ground


def enlarged(picture: np.ndarray, least_px: int = LEAST_PX) -> np.ndarray:
    """A small picture [H, W, 3] with its pixels repeated until it is `least_px` wide, or nearly."""
    times = max(1, round(least_px / picture.shape[1]))
    return picture.repeat(times, 0).repeat(times, 1)
