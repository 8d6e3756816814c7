"""Small pictures in rows and columns on white, with words beside them: sheets to save."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

TEXT_PX, LINE_PX, GAP_PX, LABEL_PX = 14, 22, 4, 44
PIXELATED_PX = 16


def sized(picture: np.ndarray, side: int) -> Image.Image:
    """uint8 [h, w, 3] as a square of `side` px; very small ones keep their pixels visible."""
    few = max(picture.shape[:2]) <= PIXELATED_PX
    return Image.fromarray(np.ascontiguousarray(picture)).resize(
        (side, side), Image.Resampling.NEAREST if few else Image.Resampling.LANCZOS
    )


def lettered_table(pictures: np.ndarray, rows: Sequence[str], columns: Sequence[str], side: int) -> np.ndarray:
    """`pictures` uint8 [rows, columns, h, w, 3] as a table with both kinds of names, uint8 [H, W, 3]."""
    step = side + GAP_PX
    sheet = Image.new("RGB", (LABEL_PX + len(columns) * step, LINE_PX + len(rows) * step), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(TEXT_PX)
    for column, name in enumerate(columns):
        pen.text((LABEL_PX + column * step + side / 2, LINE_PX / 2), name, "black", font, anchor="mm")
    for row, name in enumerate(rows):
        pen.text((LABEL_PX - 6, LINE_PX + row * step + side / 2), name, "black", font, anchor="rm")
        for column in range(len(columns)):
            sheet.paste(sized(pictures[row, column], side), (LABEL_PX + column * step, LINE_PX + row * step))
    return np.asarray(sheet)


def titled_blocks(blocks: Sequence[tuple[str, Sequence[np.ndarray]]], columns: int, side: int) -> np.ndarray:
    """Blocks (title, pictures uint8 [9, h, w, 3], …) in rows of `columns`: each picture of 3 × 3 beside the last one.

    Returns uint8 [H, W, 3]; `side` is that of one of the nine.
    """
    grid, across = 3 * side + 2 * GAP_PX, max(len(parts) for _, parts in blocks)
    wide, high = across * grid + (across + 2) * GAP_PX, LINE_PX + grid + 3 * GAP_PX
    columns = min(columns, len(blocks))
    sheet = Image.new("RGB", (columns * wide, -(-len(blocks) // columns) * high), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(TEXT_PX)
    for number, (title, parts) in enumerate(blocks):
        left, top = number % columns * wide + GAP_PX, number // columns * high
        pen.text((left, top + LINE_PX / 2), title, "black", font, anchor="lm")
        for part, nine in enumerate(parts):
            for rank, picture in enumerate(nine):
                x = left + part * (grid + 2 * GAP_PX) + rank % 3 * (side + GAP_PX)
                sheet.paste(sized(picture, side), (x, top + LINE_PX + rank // 3 * (side + GAP_PX)))
    return np.asarray(sheet)
