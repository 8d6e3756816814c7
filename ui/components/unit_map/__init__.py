"""One feature map, large, with its exact values: click or arrow keys to choose a unit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from ui.components import packed, register

_mount = register("unit_map", "colours.js", "choices.js")


def unit_map(
    values: np.ndarray,
    layer: str,
    number: int,
    key: str,
    on_choice: Callable[[str, int, int, int], None],
) -> None:
    """Show feature map `number` of `layer`, values float32 [rows, columns]; `tell_chosen` marks a unit in it.

    `on_choice(layer, map, row, column)` is called when the visitor chooses a unit.
    """
    rows, columns = values.shape
    header = {
        "layer": layer,
        "map": number,
        "rows": rows,
        "columns": columns,
        "top": float(values.max()),
        "alt": f"Feature map {number} of {layer}, {rows} by {columns} units, strongest activation {values.max():.2f}. "
        "Arrow keys move the chosen unit, with Shift by five.",
    }

    def picked() -> None:
        choice = st.session_state[key].get("chosen")
        if not isinstance(choice, dict):
            return
        place = [choice.get(name) for name in ("map", "row", "column")]
        if isinstance(choice.get("layer"), str) and all(isinstance(value, int) for value in place):
            on_choice(choice["layer"], *place)

    _mount(key=key, data=packed(header, np.ascontiguousarray(values, np.float32)), on_chosen_change=picked)
