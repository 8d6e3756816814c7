"""The living picture of Fig. 7: drag the square, and the readout and the panels follow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ui.kit import register
from ui.shell.received import newest, received

_mount = register(Path(__file__).parent)
FARTHEST_PX = 10_000


def occluder(
    scene: bytes,
    key: str,
    on_move: Callable[[int, int, int, int], None],
    on_draw: Callable[[str], None],
) -> None:
    """Show `scene` (made by `ui.occlusion.scene`).

    `on_move(top, left, height, width)` is called when a gesture ends, `on_draw(cells)` when something was painted.
    While the scene says that it is growing, the browser asks for news between gestures.
    """

    def moved() -> None:
        if box := received(key, "moved", top=float, left=float, height=float, width=float):
            on_move(*(round(min(max(value, 0.0), FARTHEST_PX)) for value in box.values()))

    def drawn() -> None:
        if drawing := received(key, "drawn", cells=str):
            on_draw(drawing["cells"])

    _mount(key=key, data=scene, on_moved_change=moved, on_drawn_change=drawn, on_looked_change=lambda: None)


def heard(key: str) -> dict[str, int]:
    """The numbers of the newest move and of the newest drawing that have arrived from the component `key`.

    The browser then knows whether a scene is older than what it has sent.
    """
    return {name: newest(key, name) for name in ("moved", "drawn")}
