"""What is chosen on the page, with the mouse on the picture as with the widgets above it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import streamlit as st

from ui.occlusion import question as questions
from ui.occlusion import scale
from ui.occlusion.fields import USUAL, Fields
from ui.occlusion.guesses import NOTHING, Guesses, is_drawing, sentence
from ui.occlusion.question import STRONGEST, Question
from ui.shell import current, photo_set, predict_first, state
from ui.shell.apology import apologetic
from ui.shell.placed import placed
from ui.shell.session import session, widget_value
from zfnet_core.exhibits.occlusion import Sweep
from zfnet_core.exhibits.occlusion.occluder import FILLS
from zfnet_core.language import later, t
from zfnet_core.models.imagenet_classes import with_english

FILL_NAMES = {
    "mean": later("mean colour"),
    "grey": later("grey"),
    "black": later("black"),
    "blur": later("blurred photo"),
}
OWN_COLOUR, AN_OWN_COLOUR = later("own colour"), "#00aaff"


def asked() -> tuple[Question, ...]:
    """What is asked now. What a link asks for and cannot be had is said once; then the usual is what is asked for."""
    fields = state.read(Fields)
    fields = replace(fields, predict=fields.predict or predict_first.wanted())
    found = questions.resolve(fields, current.now(), photo_set.available(), current.trace_of, session().memory(Guesses))
    notes = dict.fromkeys(note for question in found for note in question.notes)
    if notes:
        for note in notes:
            st.toast(note)
        _settle(found)
    return found


def _settle(found: tuple[Question, ...]) -> None:
    """Have what is shown stand in the address in place of what could not be used."""
    fields, first = state.read(Fields), found[0]
    settings, place = first.settings, (first.occluder.top_px, first.occluder.left_px)
    state.change(
        Fields,
        at=place if fields.at else (),
        height=fields.height if fields.height == settings.height_px else USUAL,
        width=fields.width if fields.width == settings.width_px else USUAL,
        stride=fields.stride if fields.stride == settings.stride_px else USUAL,
        class_index=fields.class_index if first.class_index == fields.class_index else -1,
        map=fields.map if first.map == fields.map else STRONGEST,
        beside=fields.beside if len(found) > 1 else "",
    )


@apologetic
def move(top: int, left: int, height: int, width: int) -> None:
    """Put the occluder somewhere else."""
    state.change(Fields, at=(top, left), height=height, width=width)


@apologetic
def draw(question: Question, cells: object) -> None:
    """Take over a drawing from the browser, which may send anything."""
    if is_drawing(cells, question.photo_px):
        _guess(question, cells=cells)


def _guess(question: Question, **parts: object) -> None:
    session().memory(Guesses).change(question.guess_key, **parts)


def choose(question: Question) -> None:
    """Draw the choices about the page's own photo and about all."""
    labels, totals = with_english(question.network.labels), question.totals
    answer, strongest = int(question.probabilities.argmax()), int(totals.argmax())
    classes = [-1, *(int(place) for place in (-question.probabilities).argsort())]
    maps = [STRONGEST, *(int(place) for place in (-totals).argsort())]
    photos = photo_set.available()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        state.bind(
            st.selectbox,
            Fields,
            "class_index",
            t("Class that is followed"),
            classes,
            format_func=lambda i: t("answer: {label}", label=labels[answer]) if i < 0 else labels[i],
            width=200,
        )
        state.bind(
            st.selectbox,
            Fields,
            "map",
            t("Map of {layer}", layer=question.layer.name),
            maps,
            format_func=lambda i: (
                t("strongest: {map}", map=strongest) if i < 0 else t("map {map} · {total:.0f}", map=i, total=totals[i])
            ),
            width=150,
        )
        state.bind(
            st.selectbox,
            Fields,
            "beside",
            t("Photo beside it"),
            ["", *(name for name in photos if name != question.photo_name)],
            format_func=lambda name: photos[name].title if name else t("none"),
            width=140,
        )
        # Filled only while open: what lies in a closed one would lose its values when the page is run again.
        square = st.popover(t("The square"), icon=":material/select:", on_change="rerun", key="occlusion square")
        if square.open:
            with square:
                _choose_square(question)
        if not predict_first.wanted():
            state.bind(st.toggle, Fields, "predict", t("Predict first"))


def _choose_square(question: Question) -> None:
    """Size, step and fill."""
    side, settings = question.photo_px, question.settings
    length = partial(
        st.number_input,
        min_value=scale.smallest_side(side),
        max_value=side,
        step=scale.scaled(scale.GROWS_BY_PX, side),
    )
    with st.container(horizontal=True):
        state.bind(length, Fields, "height", t("Height, px"), shown=lambda _: settings.height_px)
        state.bind(length, Fields, "width", t("Width, px"), shown=lambda _: settings.width_px)
    state.bind(
        st.segmented_control,
        Fields,
        "stride",
        t("Step of the grid, px"),
        sorted({*scale.steps(side), settings.stride_px}),
        shown=lambda _: settings.stride_px,
        required=True,
    )
    state.bind(
        st.segmented_control,
        Fields,
        "fill",
        t("Filled with"),
        [*FILLS, OWN_COLOUR],
        shown=lambda fill: fill if fill in FILLS else OWN_COLOUR,
        chosen=lambda name: AN_OWN_COLOUR if name == OWN_COLOUR else name,
        format_func=lambda name: t(FILL_NAMES.get(name, OWN_COLOUR)),
        required=True,
    )
    if question.settings.fill not in FILLS:
        _choose_colour(question.settings.fill)
    st.caption(t("The paper’s square is grey; its size and step are not stated. The usual values here are our choice."))


def _choose_colour(fill: str) -> None:
    """A colour of one's own: a second widget for the same field, so with a key of its own."""
    key = "occlusion colour"

    @apologetic
    def commit() -> None:
        state.change(Fields, fill=widget_value(key))

    placed(st.color_picker, key, fill)(t("Your colour"), on_change=commit)


def guess_panel(question: Question, sweep: Sweep | None) -> None:
    """Ask for the guess, or tell how good it was."""
    if question.hidden:
        _ask(question)
    elif question.predict and sweep is not None and sweep.done == 1:
        st.markdown(sentence(question.guess, sweep, question.class_index, question.network.names, question.photo_px))
        st.button(
            t("Guess again"),
            key=f"again-{question.slot}",
            on_click=_guess,
            args=(question,),
            kwargs={"revealed": False},
        )


def _ask(question: Question) -> None:
    labels, followed, guess = with_english(question.network.labels), question.class_index, question.guess
    order = [NOTHING, *(int(place) for place in np.argsort(-question.probabilities) if place != followed)]
    key = f"guess-{question.slot}-{followed}"
    expected = guess.class_index if guess.class_index in order else NOTHING

    @apologetic
    def commit() -> None:
        _guess(question, class_index=widget_value(key, NOTHING))

    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.markdown(t("**Predict first.** Paint over the part that matters for *{label}*.", label=question.label))
        placed(st.selectbox, key, expected, order)(
            t("Which other label will appear?"),
            order,
            format_func=lambda place: t("none, or I do not say") if place == NOTHING else labels[place],
            on_change=commit,
            width=260,
        )
        st.button(
            t("Show the maps"),
            key=f"reveal-{question.slot}",
            type="primary",
            on_click=_guess,
            args=(question,),
            kwargs={"revealed": True},
            disabled="1" not in guess.cells and guess.class_index == NOTHING,
        )
