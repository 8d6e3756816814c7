"""Small pictures in rows and columns on white, with words beside them: sheets to save."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from zfnet_core.drawing.page import LINE_PX, SAVED_DPI, SCREEN_DPI, WhitePage

GAP_PX, LABEL_PX = 4, 56
PIXELATED_PX = 16
FINER = SAVED_DPI // SCREEN_DPI
"""Pixels of a saved picture along one px of the page."""


class _Ground:
    """All pictures of a page as one: matplotlib takes a hundred times longer for hundreds of them."""

    def __init__(self, wide: int, high: int) -> None:
        self._image = Image.new("RGB", (wide * FINER, high * FINER), "white")
        self.page = WhitePage(wide, high)

    def place(self, left: int, top: int, side: int, picture: np.ndarray) -> None:
        """uint8 [h, w, 3] as a square of `side` px; very small ones keep their pixels visible."""
        few = max(picture.shape[:2]) <= PIXELATED_PX
        sized = Image.fromarray(np.ascontiguousarray(picture)).resize(
            (side * FINER, side * FINER), Image.Resampling.NEAREST if few else Image.Resampling.LANCZOS
        )
        self._image.paste(sized, (left * FINER, top * FINER))

    def finished(self) -> WhitePage:
        """The page with the pictures behind its words."""
        self.page.picture(0, 0, self.page.wide, np.asarray(self._image), high=self.page.high, smooth=None)
        return self.page


def lettered_table(
    pictures: np.ndarray, rows: Sequence[str], columns: Sequence[str], side: int, corner: str = ""
) -> WhitePage:
    """`pictures` uint8 [rows, columns, h, w, 3] as a table with both kinds of names; `side` is that of one in px.

    In the `corner` stands what the columns are.
    """
    step = side + GAP_PX
    ground = _Ground(LABEL_PX + len(columns) * step, LINE_PX + len(rows) * step)
    ground.page.text(LABEL_PX - 6, LINE_PX / 2, corner, anchor="rm", within=LABEL_PX - 6)
    for column, name in enumerate(columns):
        ground.page.text(LABEL_PX + column * step + side / 2, LINE_PX / 2, name, anchor="mm", within=side)
    for row, name in enumerate(rows):
        ground.page.text(LABEL_PX - 6, LINE_PX + row * step + side / 2, name, anchor="rm", within=LABEL_PX - 6)
        for column in range(len(columns)):
            ground.place(LABEL_PX + column * step, LINE_PX + row * step, side, pictures[row, column])
    return ground.finished()


def titled_blocks(blocks: Sequence[tuple[str, Sequence[np.ndarray]]], columns: int, side: int) -> WhitePage:
    """Blocks (title, pictures uint8 [9, h, w, 3], …) in rows of `columns`: each picture of 3 × 3 beside the last one.

    `side` is that of one of the nine in px.
    """
    grid, across = 3 * side + 2 * GAP_PX, max(len(parts) for _, parts in blocks)
    wide, high = across * grid + (across + 2) * GAP_PX, LINE_PX + grid + 3 * GAP_PX
    columns = min(columns, len(blocks))
    ground = _Ground(columns * wide, -(-len(blocks) // columns) * high)
    for number, (title, parts) in enumerate(blocks):
        left, top = number % columns * wide + GAP_PX, number // columns * high
        ground.page.text(left, top + LINE_PX / 2, title, anchor="lm", within=wide - 2 * GAP_PX)
        for part, nine in enumerate(parts):
            for rank, picture in enumerate(nine):
                x = left + part * (grid + 2 * GAP_PX) + rank % 3 * (side + GAP_PX)
                ground.place(x, top + LINE_PX + rank // 3 * (side + GAP_PX), side, picture)
    return ground.finished()
