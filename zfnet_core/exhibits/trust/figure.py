"""The trust panel and the evidence for a class as figures to save."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from zfnet_core.deconvnet.scaling import Scaling, as_picture
from zfnet_core.drawing.captioned import GAP_PX, Panel, captioned_rows
from zfnet_core.drawing.page import LINE_PX, WhitePage
from zfnet_core.drawing.palette import QUIET, SERIES, viridis
from zfnet_core.exhibits.trust.evidence import Curves
from zfnet_core.language import t

CURVES_PX = 230
Box = tuple[int, int, int, int]


def cut_to_field(pixels: np.ndarray, box: Box) -> np.ndarray:
    """The square of a projection [3, H, W] around the receptive field `box`."""
    top, left, bottom, right = box
    side = max(bottom - top, right - left)
    top, left = min(top, pixels.shape[1] - side), min(left, pixels.shape[2] - side)
    return pixels[:, top : top + side, left : left + side]


def projection_picture(pixels: np.ndarray, box: Box, scaling: Scaling) -> np.ndarray:
    """A projection [3, H, W], cut to the square around the receptive field `box`; grey is zero: uint8 [s, s, 3]."""
    return as_picture(torch.from_numpy(np.ascontiguousarray(cut_to_field(pixels, box))), scaling)


def heat_picture(values: np.ndarray) -> np.ndarray:
    """A map of evidence [H, W], the least dark, the most bright: uint8 [H, W, 3]."""
    low, high = float(values.min()), float(values.max())
    levels = (values - low) / (high - low) * 255 if high > low else np.zeros_like(values)
    return viridis()[levels.astype(np.uint8)]


def panel_figure(heading: str, rows: Sequence[tuple[str, Sequence[Panel]]], sentences: Sequence[str]) -> WhitePage:
    """All pictures of the panel in rows, and what was found, in sentences."""
    return captioned_rows(heading, rows, sentences)


def evidence_figure(
    heading: str, maps: Sequence[Panel], curves: Mapping[str, Curves], names: Mapping[str, str], note: str
) -> WhitePage:
    """The maps of evidence in a row, the deletion and the insertion curves below them; `names` by method."""
    page = captioned_rows(heading, [("", maps)], [note], room=CURVES_PX + (2 + len(curves)) * LINE_PX + 2 * GAP_PX)
    top = page.high - CURVES_PX - (2 + len(curves)) * LINE_PX - GAP_PX
    each = (page.wide - GAP_PX) / 2
    for side, (which, title) in enumerate((("deletion", t("Deletion")), ("insertion", t("Insertion")))):
        left = GAP_PX + 50 + side * each
        axes = page.panel(left, top, each - 80, CURVES_PX, xlabel=t("pixels, %"), ylabel=t("probability"), title=title)
        for number, (method, one) in enumerate(curves.items()):
            values = getattr(one, which)
            colour = QUIET if method == "random" else SERIES[number]
            axes.plot(np.linspace(0, 100, len(values)), values, color=colour, lw=2)
    for number, (method, one) in enumerate(curves.items()):
        y = top + CURVES_PX + (2.2 + number) * LINE_PX
        page.line([(GAP_PX, y + 8), (GAP_PX + 24, y + 8)], QUIET if method == "random" else SERIES[number], 3)
        page.text(
            GAP_PX + 34,
            y,
            t(
                "{name}: area under deletion {deletion}, under insertion {insertion}",
                name=names[method],
                deletion=f"{one.deletion_area:.4f}",
                insertion=f"{one.insertion_area:.4f}",
            ),
        )
    return page
