"""What can be chosen on the invariance page."""

from __future__ import annotations

import streamlit as st

from ui.invariance.fields import Fields
from ui.invariance.question import Question, class_name, with_class
from ui.shell import current, state
from ui.shell.apology import apologetic
from ui.shell.placed import placed
from ui.shell.session import widget_value
from zfnet_core.exhibits.invariance.curves import InvarianceCurves
from zfnet_core.language import later, t
from zfnet_core.models.imagenet_classes import with_english
from zfnet_core.photos.transforms import BORDERS, TRANSFORMATIONS

KINDS = {name: kind.title for name, kind in TRANSFORMATIONS.items()}
DISTANCES = {"relative": later("relative"), "raw": later("raw L2"), "cosine": later("cosine")}
FILLS = {"mean colour": later("mean colour"), "edge": later("edge"), "reflect": later("reflect")}
OWN_ANSWER = -1  # not None: a selectbox shows that as “Choose an option”


def choose_change() -> None:
    """What is done to the photos."""
    state.bind(
        st.segmented_control,
        Fields,
        "kind",
        t("Change"),
        list(KINDS),
        format_func=lambda kind: t(KINDS[kind]),
        required=True,
        label_visibility="collapsed",
    )
    state.bind(st.toggle, Fields, "fine", t("Very small steps"))


def choose_measure(question: Question) -> None:
    """What is measured."""
    names = [layer.name for layer in question.network.layers]
    with st.popover(t("How it is measured"), icon=":material/tune:"):
        state.bind(st.selectbox, Fields, "low", t("First layer"), names, shown=lambda _: question.low)
        state.bind(st.selectbox, Fields, "high", t("Second layer"), names, shown=lambda _: question.high)
        state.bind(
            st.selectbox,
            Fields,
            "distance",
            t("Distance"),
            list(DISTANCES),
            format_func=lambda name: t(DISTANCES[name]),
        )
        state.bind(
            st.selectbox,
            Fields,
            "border",
            t("Border filled with"),
            list(BORDERS),
            format_func=lambda border: t(FILLS[border]),
        )


def choose_classes(question: Question, curves: InvarianceCurves) -> None:
    """Whose probability is followed; to begin with each photo's most probable class."""
    labels = with_english(question.network.labels)
    with st.popover(t("Classes"), icon=":material/label:"):
        st.caption(t("The class whose probability is followed."))
        for (name, photo), own in zip(question.photos.items(), curves.reference_answers, strict=True):
            key = f"class-{question.network.name}-{name}"
            own_answer = t("{label} (most probable)", label=labels[own])
            words: dict[int, str] = {OWN_ANSWER: own_answer} | dict(enumerate(labels))
            numbers = list(words)
            placed(st.selectbox, key, question.chosen_classes.get(name, OWN_ANSWER), numbers)(
                photo.title,
                numbers,
                format_func=words.__getitem__,
                on_change=_follow,
                args=(question, name, key),
            )


@apologetic
def _follow(question: Question, name: str, key: str) -> None:
    number = widget_value(key, OWN_ANSWER)
    photo = class_name(name, current.now())
    fields = state.read(Fields)
    chosen = None if number is None or number == OWN_ANSWER else number
    state.change(Fields, classes=with_class(fields, question.network, photo, chosen))


@apologetic
def move_to(step: int) -> None:
    """Let the handle stand at a step."""
    state.change(Fields, at=step)
