"""Photos on which a few squares can be dragged to the same parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ui.kit import register
from ui.shell.received import newest, received

_mount = register(Path(__file__).parent)
Points = tuple[tuple[tuple[int, int], ...], ...]


def markers(scene: Mapping[str, Any], key: str, on_move: Callable[[Points], None]) -> None:
    """Show a scene (see `ui.correspondence.scene`): photos of `size`² pixels, each with a square of `side` px for every
    part. `on_move(points)` is called when one is let go, with the centres (x, y) of all."""

    def moved() -> None:
        place = received(key, "moved", points=list)
        if place and (found := _valid(place, len(scene["photos"]), len(scene["parts"]), scene["size"])) is not None:
            on_move(found)

    _mount(key=key, data={**scene, "heard": newest(key, "moved")}, on_moved_change=moved)


def _valid(place: Any, photos: int, parts: int, size: int) -> Points | None:
    """The points in what the browser sent, or None where they are not what was asked for."""
    try:
        found = tuple(tuple((int(x), int(y)) for x, y in photo) for photo in place["points"])
    except (TypeError, ValueError, KeyError, OverflowError):
        return None
    if len(found) != photos or any(len(photo) != parts for photo in found):
        return None
    return found if all(0 <= value < size for photo in found for point in photo for value in point) else None
