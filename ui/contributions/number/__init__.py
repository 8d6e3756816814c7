"""One number taken apart: the way that was walked, its terms, window × kernel = product, and where they lie."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ui.kit import register
from ui.shell.received import newest, received

_mount = register(Path(__file__).parent, "drawings.js", "maps.js")


def number(
    scene: dict[str, Any],
    key: str,
    *,
    on_down: Callable[[int, int, int, int], None],
    on_up: Callable[[int], None],
    on_aside: Callable[[int, int], None],
) -> None:
    """Show `scene` (made by `ui.contributions.scene`).

    `on_down(part, index, down, right)` is called when the visitor goes to the number under a cell of a window,
    `on_up(level)` when he goes back to a level of the walk, `on_aside(row, column)` when he moves the kernel.
    """

    def went() -> None:
        if cell := received(key, "went", part=int, index=int, down=int, right=int):
            on_down(cell["part"], cell["index"], cell["down"], cell["right"])

    def returned() -> None:
        if level := received(key, "returned", level=int):
            on_up(level["level"])

    def moved() -> None:
        if unit := received(key, "moved", row=int, column=int):
            on_aside(unit["row"], unit["column"])

    heard = newest(key, "moved")
    _mount(
        key=key,
        data={**scene, "heard": heard},
        on_went_change=went,
        on_returned_change=returned,
        on_moved_change=moved,
    )
