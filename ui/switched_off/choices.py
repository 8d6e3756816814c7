"""Choosing the layer and the class, and pressing maps."""

from __future__ import annotations

import streamlit as st

from ui.shell import current, own_classes, state
from ui.shell.apology import apologetic
from ui.shell.session import session
from ui.switched_off.fields import MOST_CHANGED, VIEWS, Fields
from ui.switched_off.question import Question, layers_of, resolve, usual_layer
from ui.switched_off.scene import cycled
from zfnet_core.exhibits.switched_off import DOUBLE, OFF
from zfnet_core.language import later, t
from zfnet_core.models.imagenet_classes import with_english

OWN = -1
VIEW_TITLES = {"photo": later("this photo"), "class": later("one class")}


def asked() -> Question:
    """What the page is about now."""
    now = current.now()
    return resolve(state.read(Fields), now, current.trace_of, own_classes.of(session(), now.network.name))


def choose(question: Question) -> None:
    """Layer, class, and a way back to nothing changed."""
    for note in question.notes:
        st.info(note)
    network = question.network
    state.bind(
        st.segmented_control,
        Fields,
        "view",
        t("Ask about"),
        list(VIEWS),
        format_func=lambda view: t(VIEW_TITLES[view]),
        required=True,
    )
    layers = list(layers_of(network))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        state.bind(
            st.selectbox,
            Fields,
            "layer",
            t("Layer"),
            layers,
            shown=lambda layer: layer if layer in layers else usual_layer(network),
            also=lambda layer: {"off": (), "doubled": ()},
        )
        labels = with_english(network.labels)
        best = question.trace.probabilities[0].argsort(descending=True)[:20].tolist()
        if question.view == "class":
            best = list(range(len(labels)))
        options = [OWN, *best, *([question.class_index] if question.class_index not in best else [])]
        state.bind(
            st.selectbox,
            Fields,
            "class_index",
            t("Class"),
            options,
            format_func=lambda index: t("the photo’s own answer") if index == OWN else labels[index],
        )
        st.button(t("All as they are"), icon=":material/restart_alt:", on_click=_reset)


@apologetic
def press(number: int) -> None:
    """Switch a map off, double it, or have it as it is again."""
    fields = state.read(Fields)
    factors = dict.fromkeys(fields.off, OFF) | dict.fromkeys(fields.doubled, DOUBLE)
    factors[number] = cycled(factors.get(number, 1.0))
    off = tuple(sorted(one for one, factor in factors.items() if factor == OFF))
    doubled = tuple(sorted(one for one, factor in factors.items() if factor == DOUBLE))
    if len(off) <= MOST_CHANGED and len(doubled) <= MOST_CHANGED:
        state.change(Fields, off=off, doubled=doubled)


@apologetic
def _reset() -> None:
    state.change(Fields, off=(), doubled=())
