"""Putting controls and pages away, as the link (and the class) says."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ui.classroom.fields import Visible
from ui.shell import address, state
from ui.shell.controls import is_known, selector
from ui.shell.session import session

PAGE = "page:"
ALWAYS = ("classroom",)


def hidden() -> tuple[str, ...]:
    """The names that are put away; unknown ones are left out. Also while a link is being opened."""
    asked = "" if session().opened else st.query_params.get("hide", "")
    names = (asked if address.accepted(Visible, "hide", asked) and asked else state.read(Visible).hide).split(",")
    return tuple(name for name in names if name.startswith(PAGE) or is_known(name))


def hidden_pages() -> frozenset[str]:
    """The addresses of the pages that are put away."""
    return frozenset(name.removeprefix(PAGE) for name in hidden() if name.startswith(PAGE)) - set(ALWAYS)


def put_away() -> None:
    """Make what is hidden invisible on this page."""
    places = [selector(name) for name in hidden() if not name.startswith(PAGE)]
    if places:
        st.html(f"<style>{', '.join(places)} {{ display: none !important; }}</style>")


def hide(names: Sequence[str]) -> None:
    """Put these away, and nothing else."""
    state.change(Visible, hide=",".join(sorted(names)))
