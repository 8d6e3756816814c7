"""Maps with names: look for a word, and see everything that is known about a map."""

import streamlit as st

from ui.maps import guess
from ui.maps.choices import asked, map_menu, search_menu
from ui.maps.files import files
from ui.maps.show import dossier, elsewhere
from ui.shell import current, frame, predict_first
from ui.shell.photo_panel import beside_the_photo
from ui.shell.saving import save_menu
from zfnet_core.exhibits.maps import speaks_for
from zfnet_core.language import t


@st.fragment
@frame.guarded()
def explore() -> None:
    """The search and the map; everything here answers without the rest of the page."""
    question = asked()
    search_menu(question)
    map_menu(question)
    if predict_first.hides(lambda: guess.asked(question)):
        return
    speaks = current.scheduler().run(speaks_for, question.trace, question.settings)
    dossier(question, speaks)
    with st.container(horizontal=True):
        for page, label, icon, asked_for in elsewhere(question):
            st.page_link(page, label=label, icon=icon, query_params=asked_for)
    save_menu(files(question, speaks), key="save")


frame.heading(
    t("Maps with names"),
    t("Type a word, or choose a layer and a map."),
    t("Even maps of the first layer get names, which see a few pixels only: a name is a guess."),
)
beside_the_photo(explore)
frame.limits(
    t(
        "The name says what most of the nine photos show that excite the map most, among the photos of the gallery. "
        "What it does for a class on your photo is measured, not guessed."
    ),
    t(
        "A name is no meaning: a map called “grand piano” may answer to shiny black edges. It knows only the words of "
        "the gallery’s photos, and a unit alone seldom stands for a thing; many maps together do."
    ),
)
