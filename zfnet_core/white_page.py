"""A white page to draw figures on that people save: pictures, words, lines and shapes, with Pillow alone."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

SCALE, TEXT_PX, LARGE_PX, LINE_PX = 2, 15, 20, 21
Place = tuple[float, float]


class WhitePage:
    """A page of `wide` × `high` px, drawn at twice its size and reduced, so that lines and letters are smooth."""

    def __init__(self, wide: int, high: int) -> None:
        self._image = Image.new("RGB", (SCALE * wide, SCALE * high), "white")
        self._pen, self._size = ImageDraw.Draw(self._image), (wide, high)
        self._fonts = [ImageFont.load_default(SCALE * size) for size in (TEXT_PX, LARGE_PX)]

    def text(self, x: float, y: float, text: str, *, anchor: str = "la", large: bool = False) -> None:
        """Write `text` at a place; `anchor` as in Pillow."""
        self._pen.text((SCALE * x, SCALE * y), plain(text), "black", self._fonts[large], anchor=anchor)

    def line(self, places: Sequence[Place], colour: str, width: float) -> None:
        """A line from place to place."""
        scaled = [(SCALE * x, SCALE * y) for x, y in places]
        self._pen.line(scaled, colour, round(SCALE * width), joint="curve")

    def box(self, left: float, top: float, right: float, bottom: float, colour: str) -> None:
        """A filled rectangle."""
        self._pen.rectangle([SCALE * value for value in (left, top, right, bottom)], colour)

    def polygon(self, corners: Sequence[Place], colour: str, outline: str) -> None:
        """A filled shape with an outline."""
        self._pen.polygon([(SCALE * x, SCALE * y) for x, y in corners], colour, outline, round(1.5 * SCALE))

    def picture(self, left: float, top: float, side: float, pixels: np.ndarray) -> None:
        """A picture, uint8 [h, w, 3], as a square."""
        size = (round(SCALE * side),) * 2
        image = Image.fromarray(np.ascontiguousarray(pixels)).resize(size, Image.Resampling.BICUBIC)
        self._image.paste(image, (round(SCALE * left), round(SCALE * top)))

    def pixels(self) -> np.ndarray:
        """The page, uint8 [high, wide, 3]."""
        return np.asarray(self._image.resize(self._size, Image.Resampling.LANCZOS))


def plain(text: str) -> str:
    """`text` in the letters that Pillow's own font has."""
    for theirs, ours in {"−": "-", "–": "-", "×": "x", "’": "'", "√": "root ", "‖": "|", "′": "'", "ß": "ss"}.items():
        text = text.replace(theirs, ours)
    kept = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return "".join(letter if ord(letter) < 127 or letter in "°·±" else "?" for letter in kept)
