"""Every exhibit as three values: what the paper prints, what comes with this project, and the visitor's own run."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from zfnet_core.drawing.palette import HAIRLINE

COLUMNS = ("", "Paper", "Ours (bundled)", "Your run")
STYLE = "padding:.25rem .9rem .25rem 0;text-align:left;border-bottom:1px solid " + HAIRLINE


def three_values(rows: Sequence[tuple[str, str, str, str]], note: str) -> None:
    """Show (what, paper, ours, yours) for each row; a dash where there is no value. `note` says how ours was made."""
    head = "".join(f'<th scope="col" style="{STYLE}">{escape(column)}</th>' for column in COLUMNS)
    lines = "".join(
        f'<tr><th scope="row" style="{STYLE};font-weight:400">{escape(row[0])}</th>'
        + "".join(f'<td style="{STYLE};font-variant-numeric:tabular-nums">{escape(cell)}</td>' for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    st.html(f'<table style="border-collapse:collapse;font-size:.9rem"><tr>{head}</tr>{lines}</table>')
    st.caption(note)
