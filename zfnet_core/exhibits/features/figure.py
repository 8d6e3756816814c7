"""A wall, or one map of it, as a sheet to save."""

from __future__ import annotations

from collections.abc import Sequence

from zfnet_core.drawing.page import WhitePage
from zfnet_core.drawing.sheets import titled_blocks
from zfnet_core.exhibits.features.wall import Wall

WALL_PX, NINE_PX, WALL_COLUMNS = 36, 96, 4


def figure(wall: Wall, numbers: Sequence[str], side: int = WALL_PX, parts: Sequence[str] = ()) -> WhitePage:
    """The maps with their names and `numbers`, `side` px for each of the nine.

    `parts` are some of "projections" and "patches"; by default whatever there is.
    """
    blocks = []
    for one, number in zip(wall.maps, numbers, strict=True):
        pictures = [getattr(one, part) for part in parts] if parts else one.pictures
        blocks.append((f"Map {one.map} · {number}", [one.tiles(picture) for picture in pictures if picture]))
    return titled_blocks(blocks, WALL_COLUMNS, side)
