"""A board to draw a digit on, with mouse, pen or finger."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ui.kit import register
from ui.shell.received import newest, received
from zfnet_core.language import t

_mount = register(Path(__file__).parent)
CELLS = 56
LEVELS = 15


def digit_board(key: str, on_draw: Callable[[np.ndarray], None]) -> None:
    """Show the board. `on_draw(ink)` is called after each line with ink float32 [56, 56] from 0 to 1."""

    def drew() -> None:
        if (sent := received(key, "drawn", ink=str)) and (ink := ink_of(sent["ink"])) is not None:
            on_draw(ink)

    words = {
        "board": t("Board to draw a digit on with mouse, pen or finger. With keys, take one of the samples."),
        "clear": t("Wipe the board"),
        "hint": t("Draw a digit here"),
    }
    _mount(key=key, data={"cells": CELLS, "words": words, "heard": newest(key, "drawn")}, on_drawn_change=drew)


def ink_of(text: str) -> np.ndarray | None:
    """Ink from a hexadecimal digit for each cell, row by row; None for anything else."""
    if not re.fullmatch(rf"[0-9a-f]{{{CELLS * CELLS}}}", text):
        return None
    return np.array([int(cell, 16) for cell in text], np.float32).reshape(CELLS, CELLS) / LEVELS
