"""One unit as a figure to save: its receptive field on the photo, the patch, and the projections beside it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from zfnet_core.deconvnet.rules import Rule
from zfnet_core.drawing.map_pictures import field_picture
from zfnet_core.drawing.page import LINE_PX, WhitePage
from zfnet_core.exhibits.look_inside.look import Look
from zfnet_core.language import later

TITLES: Mapping[Rule, str] = {
    "deconvnet": later("Deconvnet"),
    "gradient": later("Gradient"),
    "guided": later("Guided backprop"),
}
PANEL_PX, GAP_PX = 300, 24


def figure(look: Look, photo: np.ndarray, heading: str) -> WhitePage:
    """The panels in a row under `heading`; `photo` uint8 [input_px, input_px, 3] is what the network sees.

    Patch and projections are enlarged to the same size, their pixels left visible.
    """
    top, left, bottom, right = look.box
    panels = [
        (
            "Receptive field",
            field_picture(photo, look.box),
            f"rows {top} to {bottom - 1}, columns {left} to {right - 1}",
        ),
        ("Patch", photo[top:bottom, left:right], f"{bottom - top} × {right - left} px"),
    ]
    for projection in look.projections:
        words = f"grey is zero; up to ±{projection.strongest:.2g}" if projection.strongest else "silent here"
        panels.append((TITLES[projection.rule], projection.pixels, words))
    first = 2 * GAP_PX + LINE_PX
    page = WhitePage(len(panels) * (PANEL_PX + GAP_PX) + GAP_PX, first + PANEL_PX + 2 * LINE_PX + GAP_PX)
    page.text(GAP_PX, GAP_PX - 8, heading, within=page.wide - 2 * GAP_PX)
    for place, (title, pixels, words) in enumerate(panels):
        x = GAP_PX + place * (PANEL_PX + GAP_PX)
        high, wide = (PANEL_PX * side / max(pixels.shape[:2]) for side in pixels.shape[:2])
        page.text(x, first - LINE_PX, title)
        page.picture(x, first, wide, pixels, high=high, smooth=False)
        page.text(x, first + PANEL_PX + 6, words, within=PANEL_PX)
    return page
