"""The training film: a table of projections over epochs, with play, pause, a scrubber and the learning curves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from ui.components import register

_mount = register("film", "colours.js")


def film(data: dict[str, Any], key: str, on_rest: Callable[[int], None]) -> None:
    """Show the film. `on_rest(column)` is called when it comes to rest at another column of the table."""

    def rested() -> None:
        choice = st.session_state[key].get("epoch")
        if isinstance(choice, dict) and isinstance(choice.get("at"), int) and 0 <= choice["at"] < len(data["epochs"]):
            on_rest(choice["at"])

    _mount(key=key, data=data, on_epoch_change=rested)
