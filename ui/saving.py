"""Saving what is on the page: pictures as PNG, numbers as CSV."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from ui.pictures import png


def save_menu(files: Sequence[tuple[str, str, Callable[[], bytes]]], key: str) -> None:
    """A menu of files to save: (label, file name, function that makes its bytes when asked for)."""
    with st.popover("Save", icon=":material/download:"):
        for number, (label, name, make) in enumerate(files):
            st.download_button(label, make, file_name=name, key=f"{key}-{number}", on_click="ignore", width="stretch")


def png_file(draw: Callable[[], np.ndarray]) -> Callable[[], bytes]:
    """A function that makes the PNG of the picture that `draw` returns, uint8 [H, W, 3]."""
    return lambda: png(draw())


def csv_file(values: np.ndarray) -> Callable[[], bytes]:
    """A function that makes the CSV of a map [rows, columns], one row of text for each row."""

    def make() -> bytes:
        stream = io.StringIO()
        np.savetxt(stream, values, fmt="%.6g", delimiter=",")
        return stream.getvalue().encode()

    return make
