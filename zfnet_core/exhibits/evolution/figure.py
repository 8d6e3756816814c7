"""A layer's table of projections as a sheet to save."""

from __future__ import annotations

from zfnet_core.drawing.page import WhitePage
from zfnet_core.drawing.sheets import lettered_table
from zfnet_core.exhibits.evolution.film import Evolution

SIDE_PX = 48


def figure(film: Evolution, layer: str) -> WhitePage:
    """A layer's projections, rows are maps and columns epochs, numbered."""
    part = film.layer(layer)
    return lettered_table(part.pictures, list(map(str, part.maps)), list(map(str, film.epochs)), SIDE_PX, "epoch")
