"""Photos that are shifted, enlarged or turned while a handle is dragged, with what was measured at each step."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from ui.components import register
from ui.invariance_work import Asked

_mount = register("moved_photos", "colours.js")


@dataclass(frozen=True, eq=False)
class MovedPhoto:
    """One photo as a data URL, and the most probable class at each step (None: not known yet)."""

    title: str
    image: str
    colour: str
    answers: Sequence[str | None]
    chosen: str


@dataclass(frozen=True, eq=False)
class Row:
    """One number under every photo: `values` [photos, steps], NaN where not known; `share`: shown in per cent."""

    title: str
    values: np.ndarray
    share: bool = False


def moved_photos(
    photos: Sequence[MovedPhoto],
    rows: Sequence[Row],
    asked: Asked,
    fill: tuple[int, int, int],
    key: str,
    on_move: Callable[[int], None],
) -> None:
    """Show `photos` changed as asked, on `fill`; `on_move(step)` is called when the handle is let go."""
    transformation, amounts = asked.transformation, asked.settings.amounts

    def moved() -> None:
        place = st.session_state[key].get("moved")
        step = place.get("at") if isinstance(place, dict) else None
        if isinstance(step, int) and 0 <= step < len(amounts):
            on_move(step)

    data = {
        "photos": [
            {
                "image": photo.image,
                "title": photo.title,
                "colour": photo.colour,
                "answers": list(photo.answers),
                "chosen": photo.chosen,
            }
            for photo in photos
        ],
        "rows": [{"title": row.title, "values": _finite(row.values), "share": row.share} for row in rows],
        "kind": transformation.kind,
        "label": transformation.title,
        "amounts": list(amounts),
        "texts": [transformation.text(amount) for amount in amounts],
        "at": asked.step,
        "border": asked.settings.border,
        "fill": f"rgb({', '.join(str(value) for value in fill)})",
    }
    _mount(key=key, data=data, on_moved_change=moved)


def _finite(values: np.ndarray) -> list[list[float | None]]:
    return [[round(float(value), 5) if math.isfinite(value) else None for value in row] for row in values]
