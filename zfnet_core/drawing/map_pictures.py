"""Feature maps and receptive fields as pictures to save, drawn as they are on the page."""

from __future__ import annotations

import math

import numpy as np

from zfnet_core.drawing.palette import ACCENT, rgb, viridis
from zfnet_core.forward.map_summary import MapSummary

Box = tuple[int, int, int, int]  # top, left, bottom, right
LEAST_PX = 440


def map_picture(values: np.ndarray) -> np.ndarray:
    """One feature map [rows, columns] from 0 to its maximum, every unit a square of equal pixels: uint8 [H, W, 3]."""
    top = max(float(values.max()), 1e-12)
    levels = (values.clip(0, top) * (255 / top)).round().astype(np.uint8)
    times = -(-LEAST_PX // max(values.shape))
    return viridis()[levels].repeat(times, axis=0).repeat(times, axis=1)


def atlas_picture(summary: MapSummary, order: list[int], scale: str) -> np.ndarray:
    """All maps of a layer in one picture with white between them: uint8 [H, W, 3].

    `scale` is "map", each map up to its own maximum, or "layer", all up to the layer's.
    """
    maps, rows, columns = summary.pictures.shape
    across = max(1, round(math.sqrt(maps * 1.9)))
    times, gap = max(1, 40 // max(rows, columns)), 3
    high, wide = rows * times + gap, columns * times + gap
    top = max(float(summary.maxima.max()), 1e-12)
    shares = summary.maxima / top if scale == "layer" else np.ones(maps)
    sheet = np.full((-(-maps // across) * high + gap, across * wide + gap, 3), 255, np.uint8)
    for place, number in enumerate(order):
        top, left = place // across * high + gap, place % across * wide + gap
        levels = (summary.pictures[number] * shares[number]).clip(0).round().astype(np.uint8)
        picture = viridis()[levels].repeat(times, axis=0).repeat(times, axis=1)
        sheet[top : top + rows * times, left : left + columns * times] = picture
    return sheet


def field_picture(photo: np.ndarray, box: Box) -> np.ndarray:
    """What the network sees, uint8 [H, W, 3], dimmed outside the receptive field `box`, with a frame around that."""
    return _framed(photo, box, 0.2, rgb(ACCENT), 1)


def framed_picture(photo: np.ndarray, box: Box) -> np.ndarray:
    """A photo uint8 [H, W, 3] with a frame around `box`; what is outside stays easy to see."""
    return _framed(photo, box, 0.6, rgb(ACCENT), max(2, max(photo.shape) // 100))


def crop_picture(photo: np.ndarray, box: Box) -> np.ndarray:
    """A photo uint8 [H, W, 3], dimmed outside the square `box` that the network sees, with a frame around that."""
    return _framed(photo, box, 0.45, (255, 255, 255), max(1, max(photo.shape) // 300))


def _framed(photo: np.ndarray, box: Box, dimmed: float, colour: tuple[int, int, int], line: int) -> np.ndarray:
    top, left, bottom, right = box
    picture = (photo * dimmed).astype(np.uint8)
    picture[top:bottom, left:right] = colour
    inner = slice(top + line, bottom - line), slice(left + line, right - line)
    picture[inner] = photo[inner]
    return picture
