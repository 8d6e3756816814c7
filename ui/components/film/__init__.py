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
        at = choice.get("at") if isinstance(choice, dict) else None
        if type(at) is int and 0 <= at < len(data["epochs"]):
            on_rest(at)

    _mount(key=key, data=data, on_epoch_change=rested)
