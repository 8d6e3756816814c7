"""What is chosen on the page: a word to look for, and a map."""

from __future__ import annotations

from functools import partial

import streamlit as st

from ui.maps.fields import LONGEST_WORD, Fields
from ui.maps.question import Question, resolve
from ui.shell import current, state, unit_choice
from ui.shell.apology import apologetic
from ui.shell.chosen import ChosenUnit
from ui.shell.placed import placed
from ui.shell.session import widget_value
from zfnet_core.exhibits.maps import words
from zfnet_core.language import t, tn
from zfnet_core.photos.folder_names import spoken
from zfnet_core.top_activations.gallery import bundled

LISTED = 12


def asked() -> Question:
    """What is asked now. What a link asks for and is not there is said once; then the address says what is shown."""
    now = current.now()
    unit_choice.follow(now)
    fields = state.read(Fields)
    question = resolve(fields, state.read(ChosenUnit), now, current.trace_of, bundled)
    unit_choice.settle(now, question.layer, question.notes)
    if question.map != fields.map:
        state.change(Fields, map=question.map)
    return question


@apologetic
def choose(layer: str, map: int) -> None:
    """Look at another map."""
    unit_choice.choose_layer(layer)
    state.change(Fields, map=map)


def search_menu(question: Question) -> None:
    """A word, and the maps that it finds in all layers."""
    gallery = question.gallery
    if gallery is None:
        st.info(t("There is no gallery for this network, so its maps have no names; the bundled networks have one."))
        return
    state.bind(
        st.text_input,
        Fields,
        "word",
        t("Show me the maps for …"),
        max_chars=LONGEST_WORD,
        placeholder=t("such as wheel"),
    )
    if not question.word.strip():
        common = [word for word, _ in words(gallery)[:LISTED]]
        key = "maps-words"

        @apologetic
        def commit() -> None:
            if (picked := widget_value(key)) in common:
                state.change(Fields, word=picked)

        words_of_many = t("Words that many maps are called")
        placed(st.pills, key, None)(words_of_many, common, format_func=spoken, on_change=commit, wrap=True)
        return
    if not question.hits:
        st.caption(t("No map’s nine show that; the words are those of the gallery’s photos."))
        return
    st.markdown(tn("One map", "The {n} maps with most photos of it", len(question.hits)))
    with st.container(horizontal=True):
        for hit in question.hits:
            label = t("{layer} · {map}: {count} of {of}", layer=hit.layer, map=hit.map, count=hit.count, of=hit.of)
            chosen = (hit.layer, hit.map) == (question.layer.name, question.map)
            st.button(
                label,
                key=f"hit-{hit.layer}-{hit.map}",
                help=_plain(", ".join(map(spoken, hit.word.split(", ")))),
                type="primary" if chosen else "secondary",
                on_click=partial(choose, hit.layer, hit.map),
            )


def map_menu(question: Question) -> None:
    """The layer and the number of the map."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        names = [layer.name for layer in question.network.layers]
        to_strongest = lambda name: {"unit": ()}  # noqa: E731
        state.bind(st.selectbox, ChosenUnit, "layer", t("Layer"), names, also=to_strongest, width=160)
        last = question.layer.maps - 1
        label = t("Map (0 to {last})", last=last) if question.layer.spatial else t("Unit (0 to {last})", last=last)
        state.bind(st.number_input, Fields, "map", label, None, min_value=0, max_value=last, step=1, width=160)


def _plain(words: str) -> str:
    """Names from folders, never markup."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]()#+-.!|<>~$:" else letter for letter in words)
