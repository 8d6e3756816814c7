"""What is chosen on the page: the unit, the rule that is judged, the experiment's toggles, the class."""

from __future__ import annotations

import streamlit as st

from ui.shell import current, state, unit_choice
from ui.shell.chosen import ChosenUnit, Drawing
from ui.trust.fields import Fields
from ui.trust.question import Question, resolve
from ui.trust.words import RULES
from zfnet_core.language import t
from zfnet_core.models.imagenet_classes import with_english
from zfnet_core.photos import samples


def asked() -> Question:
    """What is asked now. What a link asks for and is not there is said once; then the address says what is shown."""
    now = current.now()
    unit_choice.follow(now)
    question = resolve(state.read(Fields), state.read(ChosenUnit), state.read(Drawing), now, current.trace_of)
    unit_choice.settle(now, question.place.layer, question.notes)
    return question


def rule_menu() -> None:
    """Whose picture is judged."""
    state.bind(
        st.segmented_control,
        Fields,
        "rule",
        t("The picture by"),
        list(RULES),
        format_func=lambda name: t(RULES[name]),
        required=True,
    )


def experiment_menu(question: Question) -> None:
    """The rule as four toggles."""
    normalises = any(step.kind == "norm" for step in question.network.steps)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        state.bind(st.toggle, Fields, "relu", t("Backward ReLU"))
        state.bind(st.toggle, Fields, "mask", t("Forward mask"))
        state.bind(
            st.toggle,
            Fields,
            "norm",
            t("Contrast normalisation"),
            disabled=not normalises,
            help=None if normalises else t("This network has none, so there is nothing to switch."),
        )
        state.bind(
            st.toggle,
            Fields,
            "switches",
            t("Own switches"),
            shown=lambda kind: kind == "own",
            chosen=lambda own: "own" if own else "middle",
        )
    state.bind(
        st.selectbox,
        Fields,
        "other",
        t("Another photo, whose switches are borrowed"),
        list(samples.names()),
        format_func=lambda name: t(samples.sample(name).title),
        width=320,
    )


def evidence_menu(question: Question) -> None:
    """Whether the maps are compared, and for which class."""
    state.bind(st.toggle, Fields, "evidence", t("Compare three maps of the evidence for a class (about 15 s)"))
    if question.class_index is None:
        return
    labels, best = (
        with_english(question.network.labels),
        question.trace.probabilities[0].argsort(descending=True)[:5].tolist(),
    )
    listed = best if question.class_index in best else [question.class_index, *best]
    state.bind(
        st.selectbox,
        Fields,
        "about",
        t("Class"),
        listed,
        shown=lambda index: index if index in listed else listed[0],
        format_func=lambda index: labels[index],
        width=320,
    )
