"""Photos on which a few squares can be dragged to the same parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from ui.components import register

_mount = register("markers", "colours.js")
Points = tuple[tuple[tuple[int, int], ...], ...]


def markers(
    photos: Sequence[tuple[str, str]],
    parts: Sequence[tuple[str, str]],
    points: Points,
    side_px: int,
    size_px: int,
    key: str,
    on_move: Callable[[Points], None],
) -> None:
    """Show (title, data URL) for each photo of `size_px`² pixels with a square of `side_px` for each (name, colour) of
    `parts`, centred on `points[photo][part]` = (x, y) in pixels. `on_move(points)` is called when one is let go."""

    def moved() -> None:
        place = st.session_state[key].get("moved")
        if (found := _valid(place, len(photos), len(parts), size_px)) is not None:
            on_move(found)

    data = {
        "photos": [{"title": title, "image": image} for title, image in photos],
        "parts": [{"name": name, "colour": colour} for name, colour in parts],
        "points": [[list(point) for point in photo] for photo in points],
        "side": side_px,
        "size": size_px,
    }
    _mount(key=key, data=data, on_moved_change=moved)


def _valid(place: object, photos: int, parts: int, size: int) -> Points | None:
    """The points in what the browser sent, or None where they are not what was asked for."""
    try:
        found = tuple(tuple((int(x), int(y)) for x, y in photo) for photo in place["points"])
    except (TypeError, ValueError, KeyError, OverflowError):
        return None
    if len(found) != photos or any(len(photo) != parts for photo in found):
        return None
    return found if all(0 <= value < size for photo in found for point in photo for value in point) else None
