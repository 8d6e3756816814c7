"""Saving what is on the page: pictures as PNG, figures as PNG, PDF or SVG, numbers as CSV, and all of it as ZIP."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from functools import partial
from urllib.parse import urlencode

import numpy as np
import streamlit as st
from PIL import Image

from ui.shell import current
from ui.shell.session import session
from zfnet_core.drawing.encoding import png
from zfnet_core.drawing.page import KINDS, WhitePage
from zfnet_core.language import t
from zfnet_core.tables import csv_text

File = tuple[str, str, Callable[[], bytes]]
ONE_COLUMN = 8
SHEET_PX, EDGE_PX = 1100, 40
SOURCE = "ZFNet Explorer · after Zeiler & Fergus, Visualizing and Understanding Convolutional Networks (ECCV 2014)"
PICTURES = tuple(f".{kind}" for kind in KINDS)


def save_menu(files: Sequence[File], key: str) -> None:
    """A menu of files to save: (label, file name, function that makes its bytes when asked for).

    First all as one ZIP, and the page as a PDF with caption and link; then each by itself, many in two columns. The
    buttons are made when the menu is opened: most views are looked at and never saved. (A fragment around it would cost
    more than its buttons do.)
    """
    menu = st.popover(t("Save"), icon=":material/download:", on_change="rerun", key=f"{key}-menu")
    if not menu.open:
        return
    visit = session()
    title, link = visit.heading, this_view()
    told = t("{photo} · {network}", photo=current.photo().title, network=current.network().title)
    sheet = (t("This page with caption and link (PDF)"), f"{key}-page.pdf", lambda: sheet_of(files, title, told, link))
    with menu:
        if len(files) > 1:
            everything = [*files, sheet] if _figure_of(files) else files
            _button(t("Everything (ZIP)"), f"{key}.zip", lambda: zipped(everything), f"{key}-all")
        if _figure_of(files):
            _button(*sheet, f"{key}-page")
        sides = st.columns(2, gap="small") if len(files) > ONE_COLUMN else [st.container()] * 2
        for number, (label, name, make) in enumerate(files):
            with sides[0 if name.endswith(PICTURES) else 1]:
                _button(label, name, make, f"{key}-{number}")


def this_view() -> str:
    """The link that opens what is on screen now; "" where no browser has said where it is."""
    place, visit = (st.context.url or "").split("?")[0], session()
    return f"{place}?{urlencode(visit.address)}" if place and visit.address else place


def sheet_of(files: Sequence[File], title: str, told: str, link: str) -> bytes:
    """A PDF page with a title, the figure among `files`, what it was made of, and the link that opens it again."""
    figure = np.asarray(Image.open(io.BytesIO(_figure_of(files)[2]())).convert("RGB"))  # type: ignore[index]
    wide = SHEET_PX - 2 * EDGE_PX
    high = wide * figure.shape[0] / figure.shape[1]
    page = WhitePage(SHEET_PX, high + 210)
    page.text(EDGE_PX, 36, title, large=True, within=wide)
    page.picture(EDGE_PX, 80, wide, figure, high=high)
    for line, text in enumerate((told, link, SOURCE)):
        page.text(EDGE_PX, high + 100 + 26 * line, text, within=wide)
    return page.file("pdf")


def _figure_of(files: Sequence[File]) -> File | None:
    """The figure as PNG: the picture that is also there as PDF."""
    stems = {name.removesuffix(".pdf") for _, name, _ in files if name.endswith(".pdf")}
    return next((file for file in files if file[1].endswith(".png") and file[1].removesuffix(".png") in stems), None)


def _button(label: str, name: str, make: Callable[[], bytes], key: str) -> None:
    st.download_button(label, make, file_name=name, key=key, on_click="ignore", width="stretch")


def zipped(files: Sequence[File]) -> bytes:
    """All files in one ZIP; a name that occurs twice gets a number."""
    stream, used = io.BytesIO(), set[str]()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (_, name, make) in enumerate(files, 1):
            archive.writestr(f"{number}-{name}" if name in used else name, make())
            used.add(name)
    return stream.getvalue()


def figure_files(label: str, stem: str, draw: Callable[[], WhitePage]) -> list[File]:
    """A figure as PNG, PDF and SVG; `stem` is the files' name without its ending."""
    return [(f"{label} ({kind.upper()})", f"{stem}.{kind}", partial(_drawn, draw, kind)) for kind in KINDS]


def _drawn(draw: Callable[[], WhitePage], kind: str) -> bytes:
    return draw().file(kind)


def png_file(draw: Callable[[], np.ndarray]) -> Callable[[], bytes]:
    """A function that makes the PNG of the picture that `draw` returns, uint8 [H, W, 3]."""
    return lambda: png(draw())


def csv_file(values: np.ndarray) -> Callable[[], bytes]:
    """A function that makes the CSV of a map [rows, columns], one row of text for each row."""
    return lambda: csv_text((), values).encode()
