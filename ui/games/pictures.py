"""The pictures of a round: maps without anything that names their photo, and the nine patches of one map."""

from __future__ import annotations

import numpy as np

from ui.games.play import summary
from zfnet_core.drawing.map_pictures import map_picture
from zfnet_core.exhibits.games import Round
from zfnet_core.models.network import Network
from zfnet_core.top_activations.gallery import bundled

ACROSS, GAP = 6, 6
NINE = 3


def maps_picture(network: Network, dealt: Round) -> np.ndarray:
    """The round's maps in rows of six, uint8 [H, W, 3], each from 0 to its own maximum."""
    maps = summary(network, dealt.layer, dealt.photos[dealt.right])
    return sheet([map_picture(maps.pictures[number].astype(np.float32)) for number in dealt.maps], ACROSS)


def nine_picture(network: Network, dealt: Round) -> np.ndarray | None:
    """The nine patches of the round's map in rows of three; None where no gallery of this network has patches."""
    gallery = bundled(network)
    patches = gallery.patches(dealt.layer, dealt.maps[0]) if gallery else None
    if patches is None:
        return None
    times = max(1, 96 // patches.shape[1])
    return sheet([patch.repeat(times, 0).repeat(times, 1) for patch in patches], NINE)


def sheet(tiles: list[np.ndarray], across: int) -> np.ndarray:
    """Tiles of one size side by side on a grey ground, uint8 [H, W, 3]."""
    high, wide = (max(tile.shape[axis] for tile in tiles) + GAP for axis in (0, 1))
    rows = -(-len(tiles) // across)
    ground = np.full((rows * high + GAP, across * wide + GAP, 3), 128, np.uint8)
    for place, tile in enumerate(tiles):
        top, left = GAP + place // across * high, GAP + place % across * wide
        ground[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
    return ground
