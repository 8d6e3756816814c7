"""Every feature map of a layer at once: hover for numbers, click or arrow keys to choose a map."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from ui.components import packed, register
from zfnet_core.map_summary import MapSummary

_mount = register("atlas", "colours.js", "choices.js")


def atlas_data(summary: MapSummary, layer: str, order: Sequence[int], scale: str, names: Sequence[str] = ()) -> bytes:
    """What the component draws: header, maps as 0–255 of their own maximum, then each map's maximum and mean.

    Single units (maps of 1×1) are always on the layer's scale; `names` are their labels, if they have some.
    """
    maps, rows, columns = summary.pictures.shape
    strongest = int(np.argmax(summary.maxima))
    header = {
        "layer": layer,
        "maps": maps,
        "rows": rows,
        "columns": columns,
        "order": [int(number) for number in order],
        "scale": scale if rows * columns > 1 else "layer",
        "names": list(names),
        "top": float(summary.maxima.max()),
        "below": bool(rows * columns == 1 and summary.maxima.min() < 0),
        "alt": f"{maps} feature maps of {layer}; the strongest is map {strongest} with {summary.maxima[strongest]:.2f}."
        " Arrow keys and Enter choose a map.",
    }
    padding = np.zeros(-summary.pictures.size % 4, np.uint8)
    return packed(header, summary.pictures, padding, summary.maxima, summary.means)


def atlas(data: bytes, key: str, on_choice: Callable[[str, int], None]) -> None:
    """Show the atlas; `tell_chosen` marks a map in it. `on_choice(layer, map)` is called when the visitor chooses."""

    def chosen() -> None:
        choice = st.session_state[key].get("chosen")
        if isinstance(choice, dict) and isinstance(choice.get("map"), int) and isinstance(choice.get("layer"), str):
            on_choice(choice["layer"], choice["map"])

    _mount(key=key, data=data, on_chosen_change=chosen)
