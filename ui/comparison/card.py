"""One claim of the paper as a card: plain title, both numbers, one picture, the verdict, and a definition behind it."""

from __future__ import annotations

import streamlit as st

from ui.comparison.fields import Fields
from ui.comparison.pictures import filters, projections
from ui.comparison.plots import plot
from ui.comparison.question import Question, second_layer
from ui.comparison.scene import Card
from ui.shell import state
from zfnet_core.exhibits.comparison.comparison import Comparison
from zfnet_core.language import later, t

VIEWS = {False: later("projections"), True: later("what lies there in the photo")}


def draw(card: Card, question: Question, comparison: Comparison) -> None:
    """Draw the card as far as it is measured."""
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(f"**{card.title}**")
            with st.popover(t("Definition"), icon=":material/help:", type="tertiary"):
                st.markdown(card.definition)
        st.markdown(card.numbers)
        _picture(card.key, question, comparison)
        if card.badge:
            st.markdown(f"{card.badge} {card.guess}")
        if card.paper:
            st.caption(card.paper)


def _picture(key: str, question: Question, comparison: Comparison) -> None:
    if key == "dead":
        picture, words = filters(question.networks, comparison)
        st.image(picture, alt=words)
        st.caption(words)
    elif key == "grid":
        picture, words = projections(question, second_layer(question))
        st.image(picture, alt=words)
        state.bind(
            st.segmented_control,
            Fields,
            "patches",
            t("Show"),
            list(VIEWS),
            format_func=lambda patches: t(VIEWS[patches]),
            required=True,
        )
        st.caption(words)
    elif found := plot(key, comparison, [photo.title for photo in question.photos]):
        st.plotly_chart(found.figure, key=f"plot-{key}", alt=found.alt)
