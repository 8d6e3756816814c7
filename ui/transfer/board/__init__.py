"""All classes with their photos, to choose one, drag it to another class, or remove it with the Delete key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ui.kit import register
from ui.shell.received import newest, received

_mount = register(Path(__file__).parent)
ACTS = ("pick", "move", "remove")


def board(scene: dict[str, Any], key: str, on_act: Callable[[str, str, int], None]) -> None:
    """Show `scene`; `on_act(what, photo, class)` is called with one of `ACTS`, a photo's id and where to move it."""

    def acted() -> None:
        act = received(key, "act", do=str, photo=str, to=int)
        if act and act["do"] in ACTS:
            on_act(act["do"], act["photo"], act["to"])

    _mount(key=key, data={**scene, "heard": newest(key, "act")}, on_act_change=acted)
