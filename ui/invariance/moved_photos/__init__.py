"""Photos that are shifted, enlarged or turned while a handle is dragged, above the curves of what was measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ui.kit import register
from ui.shell.received import newest, received

_mount = register(Path(__file__).parent, "panels.js")


def moved_photos(scene: Mapping[str, Any], key: str, on_move: Callable[[int], None]) -> None:
    """Show a scene (see `ui.invariance.scene`). `on_move(step)` is called when the handle is let go or a point is
    chosen."""

    def moved() -> None:
        place = received(key, "moved", at=int)
        if place and 0 <= place["at"] < len(scene["amounts"]):
            on_move(place["at"])

    _mount(key=key, data={**scene, "heard": newest(key, "moved")}, on_moved_change=moved)
