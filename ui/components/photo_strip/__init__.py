"""Small pictures to choose a photo from."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st
from PIL import Image

from ui.components import register
from ui.pictures import data_url

_mount = register("photo_strip", "colours.js")
SIDE = 72


def tile(pixels: np.ndarray) -> str:
    """A square thumbnail of a photo, as a data URL."""
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    box = (left, top, left + side, top + side)
    return data_url(np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS, box=box)), quality=80)


def photo_strip(photos: Sequence[tuple[str, str, str]], chosen: str, key: str, on_pick: Callable[[str], None]) -> None:
    """Show (name, title, `tile` data URL) for each photo, `chosen` marked. `on_pick(name)` is called on a choice."""

    def picked() -> None:
        choice = st.session_state[key].get("picked")
        name = choice.get("name") if isinstance(choice, dict) else None
        if isinstance(name, str) and name in {known for known, _, _ in photos}:
            on_pick(name)

    data = {"photos": [dict(zip(("name", "title", "image"), photo, strict=True)) for photo in photos], "chosen": chosen}
    _mount(key=key, data=data, on_picked_change=picked)
