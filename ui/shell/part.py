"""The heading of a part of a page: one level below the page's own, so that a screen reader can walk along them."""

from __future__ import annotations

from html import escape

import streamlit as st

STYLE = "font-size:1.0625rem;font-weight:400;line-height:1.35;margin:0;padding:0"


def part(title: str, text: str = "") -> None:
    """Show `title` in bold, and `text` behind it, as a heading of the second level. Both are plain text."""
    behind = f'<span class="zf-behind"> · {escape(text)}</span>' if text else ""
    st.html(f'<h2 style="{STYLE}"><b>{escape(title)}</b>{behind}</h2>')
