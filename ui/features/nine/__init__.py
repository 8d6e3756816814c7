"""One feature map's strongest units, large, with the places they come from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ui.kit import register

_mount = register(Path(__file__).parent)


def nine(data: dict[str, Any], key: str) -> None:
    """Show a scene (see `scene.nine_scene`)."""
    _mount(key=key, data=data)
