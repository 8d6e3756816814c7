"""Begin anew when nobody has touched the page for a while: for exhibitions."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

from ui.classroom.fields import Visible
from ui.kit import register
from ui.shell import state
from ui.shell.language import Spoken

_mount = register(Path(__file__).parent)


def begin_anew_when_idle() -> None:
    """Where the link says so: after that many seconds without a touch, the first page opens as a new visit."""
    seconds, hidden = state.read(Visible).kiosk, state.read(Visible).hide
    if not seconds:
        return
    lang = state.read(Spoken).lang
    kept = {"kiosk": str(seconds), "hide": hidden, "lang": lang}
    query = urlencode({name: value for name, value in kept.items() if value})
    base = st.get_option("server.baseUrlPath").strip("/")
    _mount(key="idle", data={"seconds": seconds, "start": f"/{base + '/' if base else ''}?{query}"})
