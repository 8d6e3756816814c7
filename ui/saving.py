"""Saving what is on the page: pictures as PNG, numbers as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import streamlit as st

from ui.pictures import png

ONE_COLUMN = 8


def save_menu(files: Sequence[tuple[str, str, Callable[[], bytes]]], key: str) -> None:
    """A menu of files to save: (label, file name, function that makes its bytes when asked for).

    Many files stand in two columns, the pictures and the numbers.
    """
    with st.popover("Save", icon=":material/download:"):
        sides = st.columns(2, gap="small") if len(files) > ONE_COLUMN else [st.container()] * 2
        for number, (label, name, make) in enumerate(files):
            with sides[0 if name.endswith(".png") else 1]:
                st.download_button(
                    label, make, file_name=name, key=f"{key}-{number}", on_click="ignore", width="stretch"
                )


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


def table_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """The CSV of a table: the columns' names, then the rows; decimals with six digits."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(columns)
    writer.writerows([f"{value:.6g}" if isinstance(value, float) else value for value in row] for row in rows)
    return stream.getvalue().encode()
