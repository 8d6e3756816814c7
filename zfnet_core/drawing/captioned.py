"""Rows of pictures with a title and a line below each, and sentences at the foot: a page to save."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

import numpy as np

from zfnet_core.drawing.page import LINE_PX, WhitePage

SIDE_PX, GAP_PX = 190, 20
LETTERS_PER_PX = 0.125
SMALL_PX = 64


@dataclass(frozen=True, eq=False)
class Panel:
    """A picture uint8 [h, w, 3] with its title and a line of words; one of few pixels keeps them visible."""

    pixels: np.ndarray
    title: str
    words: str = ""


Row = tuple[str, Sequence[Panel]]


def captioned_rows(heading: str, rows: Sequence[Row], notes: Sequence[str] = (), room: float = 0) -> WhitePage:
    """The page: `rows` of (title, panels) under a heading, then `notes`, which may be long, one after the other.

    `room` px are left free at the foot, for what the caller draws there.
    """
    across = max((len(panels) for _, panels in rows), default=1)
    wide = max(4, across) * (SIDE_PX + GAP_PX) + GAP_PX
    lines = [line for note in notes for line in wrap(note, int((wide - 2 * GAP_PX) * LETTERS_PER_PX))]
    high = 3 * GAP_PX + len(rows) * row_px() + len(lines) * LINE_PX + room
    page = WhitePage(wide, high)
    page.text(GAP_PX, GAP_PX / 2, heading, large=True, within=wide - 2 * GAP_PX)
    top: float = 2.5 * GAP_PX
    for title, panels in rows:
        page.text(GAP_PX, top, title, within=wide - 2 * GAP_PX)
        for place, panel in enumerate(panels):
            _draw(page, panel, GAP_PX + place * (SIDE_PX + GAP_PX), top + 1.4 * LINE_PX)
        top += row_px()
    for number, line in enumerate(lines):
        page.text(GAP_PX, top + number * LINE_PX, line)
    return page


def row_px() -> float:
    """How high a row of panels is, with its title, its captions and the gap below."""
    return SIDE_PX + 3.6 * LINE_PX + GAP_PX


def _draw(page: WhitePage, panel: Panel, left: float, top: float) -> None:
    high, wide = (SIDE_PX * side / max(panel.pixels.shape[:2]) for side in panel.pixels.shape[:2])
    smooth = max(panel.pixels.shape[:2]) > SMALL_PX
    page.picture(left, top, wide, panel.pixels, high=high, smooth=smooth)
    page.text(left, top + SIDE_PX + 4, panel.title, within=SIDE_PX)
    page.text(left, top + SIDE_PX + 4 + LINE_PX, panel.words, within=SIDE_PX)
