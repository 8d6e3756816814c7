"""Photos that are shifted, enlarged or turned while a handle is dragged, above the curves of what was measured."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from ui.components import register
from ui.invariance_work import Asked
from zfnet_core.experiments.invariance_figure import COLOURS, SYMBOLS, Panel, amount_ticks, axis_title

_mount = register("moved_photos", "colours.js", "panels.js")


@dataclass(frozen=True, eq=False)
class MovedPhoto:
    """One photo as a data URL; `style` is the number of its colour and symbol.

    `untouched` is the most probable class of the untouched photo and `answers` that at each step (None: not known yet);
    `followed` is the class whose probability is shown.
    """

    title: str
    image: str
    style: int
    answers: Sequence[str | None]
    untouched: str | None
    followed: str | None


def moved_photos(
    photos: Sequence[MovedPhoto],
    panels: Sequence[Panel],
    words: Sequence[str],
    asked: Asked,
    fill: tuple[int, int, int],
    key: str,
    on_move: Callable[[int], None],
) -> None:
    """Show `photos` changed as asked, on `fill`, and below them `panels`, each with its alternative text.

    `on_move(step)` is called when the handle is let go or a point is chosen.
    """
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
                "colour": COLOURS[photo.style],
                "symbol": SYMBOLS[photo.style],
                "answers": list(photo.answers),
                "untouched": photo.untouched,
                "followed": photo.followed,
            }
            for photo in photos
        ],
        "panels": [
            {
                "name": panel.name,
                "title": panel.title,
                "words": said,
                "values": _finite(panel.values),
                "share": panel.share,
                "top": panel.top,
                "ticks": panel.ticks,
            }
            for panel, said in zip(panels, words, strict=True)
        ],
        "kind": transformation.kind,
        "label": transformation.title,
        "axis": axis_title(transformation),
        "amounts": list(amounts),
        "ticks": amount_ticks(transformation, amounts),
        "texts": [transformation.text(amount) for amount in amounts],
        "at": asked.step,
        "border": asked.settings.border,
        "fill": f"rgb({', '.join(str(value) for value in fill)})",
    }
    _mount(key=key, data=data, on_moved_change=moved)


def _finite(values: np.ndarray) -> list[list[float | None]]:
    return [[round(float(value), 5) if math.isfinite(value) else None for value in row] for row in values]
