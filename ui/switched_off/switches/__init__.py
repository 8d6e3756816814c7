"""Maps with what they respond to, to be switched off or doubled with a press."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ui.kit import register
from ui.shell.received import newest, received

_mount = register(Path(__file__).parent)


def switches(scene: dict[str, Any], key: str, on_press: Callable[[int], None]) -> None:
    """Show `scene` (see `scene.py`); `on_press(map)` is called for a map that is shown."""

    def pressed() -> None:
        found = received(key, "pressed", map=int)
        if found and found["map"] in {one["map"] for one in scene["maps"]}:
            on_press(found["map"])

    _mount(key=key, data={**scene, "heard": newest(key, "pressed")}, on_pressed_change=pressed)
