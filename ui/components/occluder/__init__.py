"""The living picture of Fig. 7: drag the square, and the readout and the panels follow."""

from __future__ import annotations

import math
from collections.abc import Callable

import streamlit as st

from ui.components import register

_mount = register("occluder", "colours.js")
SIDES = ("top", "left", "height", "width")
FARTHEST_PX = 10_000
HEARD = "occluder heard"


def occluder(
    scene: bytes,
    key: str,
    on_move: Callable[[int, int, int, int], None],
    on_draw: Callable[[object], None],
) -> None:
    """Show `scene` (made by `occlusion_scene`).

    `on_move(top, left, height, width)` is called when a gesture ends, `on_draw(cells)` when something was painted.
    While the scene says that it is growing, the browser asks for news between gestures.
    """

    def moved() -> None:
        box = st.session_state[key].get("moved")
        values = [box.get(side) for side in SIDES] if isinstance(box, dict) else [None]
        if all(_is_number(value) for value in values):
            on_move(*(round(min(max(value, 0), FARTHEST_PX)) for value in values))
            _hear("moved", box)

    def drawn() -> None:
        drawing = st.session_state[key].get("drawn")
        if isinstance(drawing, dict):
            on_draw(drawing.get("cells"))
            _hear(f"drawn {key}", drawing)

    _mount(key=key, data=scene, on_moved_change=moved, on_drawn_change=drawn, on_looked_change=lambda: None)


def heard(key: str) -> dict[str, float]:
    """When the newest move and the newest drawing that have arrived from this browser were made, by its clock.

    The browser then knows whether a scene is older than what it has sent. Two pictures share one rectangle.
    """
    times = st.session_state.get(HEARD, {})
    return {"moved": times.get("moved", 0), "drawn": times.get(f"drawn {key}", 0)}


def _hear(what: str, message: dict[str, object]) -> None:
    if _is_number(at := message.get("at")):
        st.session_state.setdefault(HEARD, {})[what] = min(at, 2**53)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and -math.inf < value < math.inf
