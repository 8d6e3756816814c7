"""The photo with the square that the network sees; the visitor can move the square."""

from __future__ import annotations

import math
from collections.abc import Callable

import streamlit as st

from ui.components import newest, register
from ui.pictures import data_url, thumbnail
from zfnet_core.bounded_cache import BoundedCache
from zfnet_core.images import Crop, Photo, crop_box
from zfnet_core.models.preprocessing import Preprocessing

_urls: BoundedCache[str] = BoundedCache(16 * 2**20, len)
_mount = register("crop_frame", "colours.js", "choices.js")
SHOWN_PX = 640


def crop_frame(
    photo: Photo, preprocessing: Preprocessing, crop: Crop, key: str, on_move: Callable[[float, float], None]
) -> None:
    """Show `photo` with its crop. `on_move(left, top)` is called with the new place as fractions of the free range."""
    rows, columns = photo.pixels.shape[:2]
    left, top, right, bottom = crop_box(photo, preprocessing, crop)

    def moved() -> None:
        place = st.session_state[key].get("moved")
        if isinstance(place, dict):
            values = [place.get(name) for name in ("left", "top")]
            if all(isinstance(value, int | float) and math.isfinite(value) for value in values):
                on_move(*(min(max(float(value), 0.0), 1.0) for value in values))

    _mount(
        key=key,
        data={
            "image": _urls.get_or_make(photo.sha, lambda: data_url(thumbnail(photo.pixels, SHOWN_PX))),
            "aspect": columns / rows,
            "width": (right - left) / columns,
            "height": (bottom - top) / rows,
            "left": crop.left,
            "top": crop.top,
            "heard": newest(key, "moved"),
            "alt": f"{photo.name}: the network sees the square from column {left:.0f} to {right:.0f} and row {top:.0f} "
            f"to {bottom:.0f} of {columns} by {rows} pixels. Arrow keys move it.",
        },
        on_moved_change=moved,
    )
