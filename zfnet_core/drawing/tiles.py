"""Many small pictures as one, every pixel enlarged by the same whole number, so that sizes can be compared by eye."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

GAP_PX = 3
MARK = (213, 94, 0)


def tiled(pictures: np.ndarray, columns: int, times: int, marked: Collection[int] = ()) -> np.ndarray:
    """`pictures` uint8 [N, h, w, 3] in rows of `columns`, each pixel `times` wide; `marked` ones get a frame.

    Between the pictures the result is transparent: uint8 RGBA.
    """
    large = pictures.repeat(times, axis=1).repeat(times, axis=2)
    count, height, width = large.shape[:3]
    rows = -(-count // columns)
    step_down, step_right = height + 2 * GAP_PX, width + 2 * GAP_PX
    sheet = np.zeros((rows * step_down, columns * step_right, 4), np.uint8)
    for index, picture in enumerate(large):
        top, left = index // columns * step_down, index % columns * step_right
        if index in marked:
            sheet[top : top + step_down, left : left + step_right] = (*MARK, 255)
        inner = sheet[top + GAP_PX : top + GAP_PX + height, left + GAP_PX : left + GAP_PX + width]
        inner[..., :3], inner[..., 3] = picture, 255
    return sheet
