"""Shares as horizontal bars: light HTML, because the most used page should not load a chart library."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import streamlit as st

GRID = "display:grid;grid-template-columns:minmax(0,1.7fr) minmax(1.5rem,1fr) 3.4rem;gap:.5rem;align-items:center"
ROW = (
    f'<div role="listitem" style="{GRID};font-size:.875rem;line-height:1.3;padding:.12rem 0">'
    '<span style="overflow-wrap:anywhere">{label}</span>'
    '<span style="height:.7rem;border-radius:3px;background:rgba(128,128,128,.2)">'
    '<span style="display:block;height:100%;border-radius:3px;background:#0d9488;width:{width:.1f}%"></span></span>'
    '<span style="text-align:right;font-variant-numeric:tabular-nums">{text}</span></div>'
)


def bars(labels: Sequence[str], shares: Sequence[float], title: str) -> None:
    """Draw one bar for each share (0–1), labelled in per cent. `title` is read to people who cannot see them."""
    rows = (
        ROW.format(label=escape(label, quote=True), width=100 * share, text=f"{100 * share:.1f} %")
        for label, share in zip(labels, shares, strict=True)
    )
    st.html(f'<div role="list" aria-label="{escape(title, quote=True)}">{"".join(rows)}</div>')


def top_classes(probabilities: np.ndarray, labels: Sequence[str], count: int = 5) -> None:
    """Draw the `count` most probable classes of probabilities [classes]."""
    best = np.argsort(-probabilities, kind="stable")[:count]
    bars([labels[index] for index in best], [float(probabilities[index]) for index in best], "Most probable classes")
