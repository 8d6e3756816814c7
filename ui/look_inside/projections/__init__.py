"""The pictures that tell what one unit answers to: its patch of the photo, and what is projected from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ui.kit import register

_mount = register(Path(__file__).parent)


def projections(scene: dict[str, Any], key: str) -> None:
    """Show `scene` (made by `ui.look_inside.scene`): the patch, the projections, and where two of them differ."""
    _mount(key=key, data=scene)
