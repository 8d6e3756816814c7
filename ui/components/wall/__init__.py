"""A wall of feature maps as in Fig. 2: click or arrow keys choose one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from ui.components import register
from ui.feature_wall import MapPictures

_mount = register("wall", "colours.js")


def wall(pictures: Sequence[MapPictures], chosen: int, label: str, key: str, on_pick: Callable[[int], None]) -> None:
    """Show maps in the given order, `chosen` marked. `on_pick(map)` is called when the visitor chooses one of them.

    Anything else that a browser may send is ignored.
    """
    numbers = {picture.map for picture in pictures}

    def picked() -> None:
        choice = st.session_state[key].get("picked")
        number = choice.get("map") if isinstance(choice, dict) else None
        if type(number) is int and number in numbers:
            on_pick(number)

    first = pictures[0]
    data = {
        "maps": [
            {"map": p.map, "note": p.note, "alt": p.alt, "projections": p.projections, "patches": p.patches}
            for p in pictures
        ],
        "cell": first.cell_px,
        "tile": first.tile_px,
        "chosen": chosen,
        "label": label,
    }
    _mount(key=key, data=data, on_picked_change=picked)
