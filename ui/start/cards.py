"""One card for each exhibit: a picture, its place in the paper, how long it takes, and what one can find out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import streamlit as st

from ui.shell.apology import sentence
from ui.shell.current import Current
from ui.shell.exhibit import Exhibit
from ui.start.scene import card
from zfnet_core.drawing.encoding import data_url, file_url
from zfnet_core.language import t

COLUMN_PX = 230


def cards(exhibits: Sequence[Exhibit], now: Current) -> None:
    """A card for each exhibit; all of a card leads to its page."""
    with st.grid(4, min_column_width=COLUMN_PX):
        for exhibit in exhibits:
            with st.container(border=True, key=f"card-{exhibit.path}", height="stretch"):
                st.page_link(exhibit.page, label=t(exhibit.title), icon=exhibit.icon)
                st.html(card(exhibit, picture_url(exhibit, now)))


def picture_url(exhibit: Exhibit, now: Current) -> str:
    """The card's picture: made of the current photo, or the bundled one; "" where there is none."""
    if exhibit.picture is not None:
        try:
            return data_url(exhibit.picture(now))
        except Exception as error:  # a card's picture is worth less than the page
            sentence(error)
    return bundled(exhibit.card) if exhibit.card.is_file() else ""


@cache
def bundled(path: Path) -> str:
    """A bundled picture for the browser, read once."""
    return file_url(path)
