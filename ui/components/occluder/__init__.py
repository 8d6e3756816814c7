"""The living picture of Fig. 7: drag the square, and the readout and the panels follow."""

from __future__ import annotations

import math
from collections.abc import Callable

import streamlit as st

from ui.components import register

_mount = register("occluder", "colours.js")
SIDES = ("top", "left", "height", "width")
FARTHEST_PX = 10_000


def occluder(
    scene: bytes,
    key: str,
    on_move: Callable[[int, int, int, int], None],
    on_draw: Callable[[object], None],
) -> None:
    """Show `scene` (made by `occlusion_scene`).

    `on_move(top, left, height, width)` is called when a gesture ends, `on_draw(cells)` when something was painted.
    """

    def moved() -> None:
        box = st.session_state[key].get("moved")
        values = [box.get(side) for side in SIDES] if isinstance(box, dict) else [None]
        if all(isinstance(value, int | float) and math.isfinite(value) for value in values):
            on_move(*(round(min(max(value, 0), FARTHEST_PX)) for value in values))

    def drawn() -> None:
        drawing = st.session_state[key].get("drawn")
        if isinstance(drawing, dict):
            on_draw(drawing.get("cells"))

    _mount(key=key, data=scene, on_moved_change=moved, on_drawn_change=drawn)
