"""The camera: hold a class's button to collect photos for it, and have what it sees named while it is seen."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ui.kit import register
from ui.shell.received import newest, received

_mount = register(Path(__file__).parent)
BEGINS = "data:image/jpeg;base64,"
MOST_PICTURES, MOST_LETTERS = 8, 300_000


def decoded(picture: Any) -> bytes | None:
    """The bytes of a picture as a browser reports it; None for anything else, or for one that is too large."""
    if not isinstance(picture, str) or not picture.startswith(BEGINS) or len(picture) > MOST_LETTERS:
        return None
    try:
        return base64.b64decode(picture.removeprefix(BEGINS), validate=True)
    except (binascii.Error, ValueError):
        return None


def collector(
    scene: dict[str, Any],
    key: str,
    on_collect: Callable[[int, list[bytes]], None],
    on_watch: Callable[[bytes], None],
) -> None:
    """Show `scene`; `on_collect(class, pictures)` when some were taken, `on_watch(picture)` for what is seen now."""

    def collected() -> None:
        found = received(key, "collected", to=int, pictures=list)
        if found:
            pictures = [decoded(one) for one in found["pictures"][:MOST_PICTURES]]
            on_collect(found["to"], [one for one in pictures if one])

    def watched() -> None:
        found = received(key, "watched", picture=str)
        if found and (picture := decoded(found["picture"])):
            on_watch(picture)

    data = {**scene, "heard": newest(key, "collected"), "heardWatched": newest(key, "watched")}
    _mount(key=key, data=data, on_collected_change=collected, on_watched_change=watched)
