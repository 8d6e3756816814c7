"""Small pictures to choose a photo from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from ui.kit import register
from ui.shell.received import newest, received
from zfnet_core.drawing.encoding import data_url
from zfnet_core.language import t

_mount = register(Path(__file__).parent)
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
        choice = received(key, "picked", name=str)
        if choice and choice["name"] in {name for name, _, _ in photos}:
            on_pick(choice["name"])

    data = {
        "photos": [dict(zip(("name", "title", "image"), photo, strict=True)) for photo in photos],
        "label": t("Sample photos"),
        "chosen": chosen,
        "heard": newest(key, "picked"),
    }
    _mount(key=key, data=data, on_picked_change=picked)
