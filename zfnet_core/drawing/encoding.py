"""Arrays as picture files."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image


def png(pixels: np.ndarray) -> bytes:
    """uint8 [H, W, 3] or [H, W] as PNG."""
    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(stream, "PNG", compress_level=3)
    return stream.getvalue()


def data_url(pixels: np.ndarray, quality: int = 90) -> str:
    """A photo uint8 [H, W, 3] as a WebP data URL, small enough to travel in a component's data; not exact."""
    return _webp(pixels, quality=quality, method=1)


def file_url(path: Path) -> str:
    """A WebP file as a data URL."""
    return "data:image/webp;base64," + base64.b64encode(path.read_bytes()).decode()


def exact_url(pixels: np.ndarray) -> str:
    """A picture whose every pixel means something, uint8 [H, W, 3], as a data URL that keeps every pixel as it is."""
    return _webp(pixels, lossless=True, quality=0, method=0)  # the quickest way; slower ones save a tenth


def _webp(pixels: np.ndarray, **settings: Any) -> str:
    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(stream, "WEBP", **settings)
    return "data:image/webp;base64," + base64.b64encode(stream.getvalue()).decode()


def thumbnail(pixels: np.ndarray, side: int) -> np.ndarray:
    """The picture scaled down so that its longer side is at most `side`."""
    small = Image.fromarray(np.ascontiguousarray(pixels))
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    return np.asarray(small)


def enlarged(pixels: np.ndarray, window: tuple[int, int, int], least_px: int = 224) -> np.ndarray:
    """The square (top, left, size) of a picture, every pixel repeated until it is at least `least_px` wide."""
    top, left, size = window
    times = -(-least_px // size)
    return pixels[top : top + size, left : left + size].repeat(times, axis=0).repeat(times, axis=1)
