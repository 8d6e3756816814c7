"""A wall of feature maps as in Fig. 2: click or arrow keys choose one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ui.kit import register
from ui.shell.received import newest, received

_mount = register(Path(__file__).parent)


def wall(data: dict[str, Any], key: str, on_pick: Callable[[int], None]) -> None:
    """Show a scene (see `scene.wall_scene`). `on_pick(map)` is called when the visitor chooses one of its maps.

    Anything else that a browser may send is ignored.
    """
    numbers = {one["map"] for one in data["maps"]}

    def picked() -> None:
        choice = received(key, "picked", map=int)
        if choice and choice["map"] in numbers:
            on_pick(choice["map"])

    data = {**data, "heard": newest(key, "picked")}
    _mount(key=key, data=data, on_picked_change=picked)
