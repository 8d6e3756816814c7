"""Handwritten digits: those that scikit-learn brings along, and those that somebody draws.

`load_digits` is the test part of the UCI set “Optical Recognition of Handwritten Digits” (E. Alpaydin & C. Kaynak,
CC BY 4.0): 1,797 digits of 8 × 8 cells of ink, 0 to 16, in the order in which thirteen people wrote them.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from PIL import Image

from zfnet_core.errors import ImageError
from zfnet_core.language import phrase
from zfnet_core.photos.packages import folder_of

FILE = "datasets/data/digits.csv.gz"
CREDIT = "UCI optical digits (E. Alpaydin, C. Kaynak), CC BY 4.0"
CELLS, MOST_INK = 8, 16
HELD_OUT = 360
"""So many at the end are never trained with: mostly the writing of people of whom nothing was trained with."""
FIELD_PX, DIGIT_PX = 32, 24
"""LeNet-5 reads 32 × 32; a digit fills the middle of it, so that corners and ends lie well inside what a unit sees."""


@cache
def digits() -> tuple[np.ndarray, np.ndarray]:
    """(ink float32 [1797, 8, 8] from 0 to 1, the digits int64 [1797]); both read only."""
    table = np.loadtxt(folder_of("sklearn") / FILE, delimiter=",", dtype=np.float32)
    ink, truth = table[:, :-1].reshape(-1, CELLS, CELLS) / MOST_INK, table[:, -1].astype(np.int64)
    ink.flags.writeable = truth.flags.writeable = False
    return ink, truth


def in_its_field(ink: np.ndarray) -> np.ndarray:
    """Ink [rows, columns] from 0 to 1 as LeNet-5 meets it: float32 [32, 32], the longer side of the array 24 px,
    centred."""
    rows, columns = ink.shape
    scale = DIGIT_PX / max(rows, columns)
    size = max(1, round(columns * scale)), max(1, round(rows * scale))
    small = Image.fromarray(ink.astype(np.float32)).resize(size, Image.Resampling.BICUBIC)
    field = np.zeros((FIELD_PX, FIELD_PX), np.float32)
    left, top = (FIELD_PX - size[0]) // 2, (FIELD_PX - size[1]) // 2
    field[top : top + size[1], left : left + size[0]] = np.clip(np.asarray(small), 0, 1)
    return field


def on_paper(field: np.ndarray) -> np.ndarray:
    """A field of ink as a picture, dark on white: uint8 [32, 32, 3]."""
    return np.repeat(np.rint(255 * (1 - field)).astype(np.uint8)[..., None], 3, axis=2)


def drawn(ink: np.ndarray) -> np.ndarray:
    """What somebody drew, ink [rows, columns] from 0 to 1, cut to where there is ink and put in its field.

    Raises ImageError for an empty drawing.
    """
    rows, columns = np.nonzero(ink > 0.1)
    if not len(rows):
        raise ImageError(phrase("Nothing is drawn yet; draw a digit, or take one of the samples."))
    return in_its_field(ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1])
