"""One number of the network, taken apart: window × kernel, map by map, down to the pixels."""

from functools import partial

import streamlit as st

from ui.contributions import guess
from ui.contributions.choices import asked, shown_menu, step_aside, step_down, step_up, walk_button
from ui.contributions.files import files
from ui.contributions.number import number
from ui.contributions.question import Question
from ui.contributions.scene import scene
from ui.shell import current, frame, predict_first
from ui.shell.photo_panel import beside_the_photo
from ui.shell.saving import save_menu
from ui.shell.unit_choice import Place
from ui.shell.unit_menu import unit_menu
from zfnet_core.errors import UnknownName
from zfnet_core.exhibits.contributions import explain
from zfnet_core.language import t
from zfnet_core.models.wiring import Wiring, wiring


def wired(question: Question, step: str, map: int) -> Wiring | None:
    """The kernels of a map; None where no layer with weights makes it."""
    try:
        return wiring(question.network, step, map)
    except UnknownName:
        return None


@st.fragment
@frame.guarded()
def explore() -> None:
    """Where the walk begins, and the number it has come to; everything here answers without the rest of the page."""
    question = asked()
    unit_menu(question.trace, Place(question.layer, question.unit))
    level = current.scheduler().run(explain, question.trace, question.place)
    if predict_first.hides(lambda: guess.asked(question, level.number)):
        return
    kernels = None if level.number is None else wired(question, level.end.step, level.end.map)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if level.number is not None:
            walk_button(question)
            shown_menu()
    number(
        scene(question, level, kernels),
        key="number",
        on_down=partial(step_down, question),
        on_up=partial(step_up, question),
        on_aside=partial(step_aside, question),
    )
    save_menu(files(question, level), key="save")


frame.heading(
    t("How one number is made"),
    t("Choose a unit, then follow its sum down: click a map, a cell, or walk the strongest path to a pixel."),
    t("Even the ten strongest maps are often less than half of all that is added and taken away."),
)
beside_the_photo(explore)
frame.limits(
    t(
        "Every term is there: those that are listed, the others together, and the bias add up to the unit’s value. "
        "Nothing is estimated."
    ),
    t(
        "A large term is no reason: another map might have done the same. The strongest path is one of very many, and "
        "what the network would do without it is another question; cover a part of the photo to ask it."
    ),
)
