"""The training film: a table of projections over epochs, with play, pause, a scrubber and the learning curves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ui.kit import register
from ui.shell.received import newest, received

_mount = register(Path(__file__).parent)


def film(data: dict[str, Any], key: str, on_rest: Callable[[int], None]) -> None:
    """Show the film. `on_rest(column)` is called when it comes to rest at another column of the table."""

    def rested() -> None:
        choice = received(key, "epoch", at=int)
        if choice and 0 <= choice["at"] < len(data["epochs"]):
            on_rest(choice["at"])

    _mount(key=key, data={**data, "heard": newest(key, "epoch")}, on_epoch_change=rested)
