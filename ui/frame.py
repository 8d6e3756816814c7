"""What surrounds every page: the network's choice in the sidebar, the heading, and errors as sentences."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from ui.apology import owed, sentence
from ui.network_choice import network_choice

STYLE = """<style>
.stMainBlockContainer { padding: 3.4rem 2rem 3rem; }
[data-testid="stSidebarContent"] { padding-bottom: 1rem; }
.st-key-chosen { display: none; }
[data-testid="stButtonGroup"] button { min-height: 2.5rem; }
@media (max-width: 1000px) {
  .st-key-split > [data-testid="stLayoutWrapper"] > [data-testid="stHorizontalBlock"] { flex-direction: column; }
  .st-key-split > [data-testid="stLayoutWrapper"] > [data-testid="stHorizontalBlock"] > [data-testid="stColumn"] {
    width: 100%; flex: 1 1 auto;
  }
  .st-key-photo-panel { flex-direction: row; gap: 1.5rem; }
  .st-key-photo-panel > * { flex: 1 1 0; min-width: 0; }
}
</style>"""


def sidebar() -> None:
    """Choose the network; read where its weights come from."""
    st.html(STYLE)
    with st.sidebar:
        network_choice()


def heading(title: str, lead: str) -> None:
    """The page's title and one sentence on what to do here."""
    st.html(
        f'<h1 style="font-size:1.75rem;margin:0;padding:0">{title}</h1>'
        f'<p style="margin:.2rem 0 .4rem;opacity:.8">{lead}</p>'
    )


@contextmanager
def guarded() -> Iterator[None]:
    """Errors meant for people become their sentence; others are logged and excused. The page stays usable.

    Around a fragment it belongs inside, under `@st.fragment`, since a fragment also runs alone.
    """
    if problem := owed():
        st.error(problem)
    try:
        yield
    except Exception as error:
        st.error(sentence(error))
