"""What surrounds every page: the network's choice in the sidebar, the heading, and errors as sentences."""

from __future__ import annotations

from functools import cache
from html import escape
from pathlib import Path

import streamlit as st

from ui.shell import apology, current, state
from ui.shell.chosen import Presenting
from ui.shell.glossary import explained, mentioned
from ui.shell.language import language_choice
from ui.shell.network_choice import network_choice
from ui.shell.session import session
from ui.shell.whole_page import whole_page
from zfnet_core.assets import ASSETS
from zfnet_core.drawing.palette import page_variables
from zfnet_core.language import t

STYLE, SIDEBAR, PRESENT = (Path(__file__).parent / f"{name}.css" for name in ("frame", "sidebar", "present"))

COLOURS = " ".join(f"--zf-{name}: {colour};" for name, colour in page_variables().items())
"""The palette, for every style sheet of the page."""


def logo() -> None:
    """The name of the whole, above the pages' list, or at the top where that is folded away."""
    theme = "dark" if st.context.theme.type == "dark" else "light"
    st.logo(str(ASSETS / f"wordmark-{theme}.svg"), size="large", icon_image=str(ASSETS / "logo.png"))


def stylesheet(path: Path) -> None:
    """Have the page drawn by a file of css, too."""
    st.html(f"<style>{_read(path)}</style>")


@cache
def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def sidebar() -> None:
    """Choose the network, the language, and whether this is a projector; read where the network's weights come from."""
    presenting = state.read(Presenting).present
    st.html(f"<style>:root {{ {COLOURS} }}</style>")
    stylesheet(STYLE)
    stylesheet(SIDEBAR)
    if presenting:
        stylesheet(PRESENT)
        with st.container(key="present-off"):
            st.button(t("Leave (Esc)"), icon=":material/close:", key="leave presenting", on_click=_leave)
    with st.sidebar, guarded():
        network_choice()
    with st.sidebar, st.container(horizontal=True, vertical_alignment="center", key="sidebar-ways"):
        state.bind(
            st.toggle,
            Presenting,
            "present",
            t("Present"),
            help=t("Large type and pictures for a projector; the controls go away. Arrow keys walk on, Esc leaves."),
        )
        with guarded():
            language_choice()
    with st.sidebar, guarded():
        whole_page(presenting, session().page, current.network().name, key="whole-page")


def _leave() -> None:
    state.change(Presenting, present=False)


def heading(title: str, do: str, notice: str = "") -> None:
    """The page's title, one sentence on what to do here, and one on what to notice; all in the visitor's language.

    Words of the glossary explain themselves. Under it a banner, while the network's answers mean nothing.
    """
    session().heading = title
    known = mentioned(do)
    st.html(
        f'<div class="zf-heading"><h1>{explained(title, known | mentioned(notice), block="title")}</h1>'
        f"<p>{explained(do, block='do')}</p>"
        + (f"<p><b>{escape(t('Notice:'))}</b> {explained(notice, known, block='notice')}</p>" if notice else "")
        + "</div>"
    )
    network, banner = current.network(), st.empty()  # its place is always there: what comes behind keeps the focus
    if not network.trained:
        banner.warning(
            t(
                "{network} has random weights here: its pictures are a control, and the words it answers with mean "
                "nothing.",
                network=network.title,
            ),
            icon=":material/casino:",
        )


def section(title: str) -> None:
    """The title of a part of the page: a heading of the second level."""
    st.html(f'<h2 class="zf-section">{explained(title, block="section")}</h2>')


def limits(can: str, cannot: str) -> None:
    """“What this can tell, and what not”, in plain words, at a page's end before the note for researchers."""
    st.html(
        f'<section class="zf-limits"><h2>{escape(t("What this can tell, and what not"))}</h2>'
        f"<p>{explained(can, block='can')}</p><p>{explained(cannot, mentioned(can), block='cannot')}</p></section>"
    )


guarded = apology.guarded
