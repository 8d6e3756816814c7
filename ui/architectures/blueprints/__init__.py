"""One or two networks as rows of blocks at true relative sizes, and what is known of the chosen part."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ui.kit import register
from ui.shell.received import newest, received

_mount = register(Path(__file__).parent)


def blueprints(scene: dict[str, Any], key: str, on_pick: Callable[[str], None]) -> None:
    """Show `scene` (made by `ui.architectures.scene`). `on_pick(part)` is called when the visitor chooses a part."""
    names = {part["name"] for network in scene["networks"] for part in network["parts"]}

    def picked() -> None:
        choice = received(key, "picked", part=str)
        if choice and choice["part"] in names:
            on_pick(choice["part"])

    _mount(key=key, data={**scene, "heard": newest(key, "picked")}, on_picked_change=picked)
