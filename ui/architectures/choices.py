"""Choosing the networks that are drawn, and the windows of the stem."""

from __future__ import annotations

import streamlit as st

from ui.architectures.fields import (
    ALONE,
    IDEAS,
    INPUTS,
    LARGEST_KERNEL,
    LARGEST_PADDING,
    LARGEST_STRIDE,
    Fields,
)
from ui.architectures.question import Question, resolve
from ui.shell import current, state
from ui.shell.apology import apologetic
from zfnet_core.exhibits.architectures import stem as stems
from zfnet_core.language import later, t
from zfnet_core.models import architectures

IDEA_TITLES = {
    "small": later("VGG: small windows"),
    "squeezed": later("GoogLeNet: 1×1 before 5×5"),
    "added": later("ResNet: add, don’t replace"),
    "averaged": later("Average instead of flattening"),
    "normed": later("Contrast normalisation"),
}


def asked() -> Question:
    """What the page is about now."""
    return resolve(state.read(Fields), current.now())


def choose() -> None:
    """The network and the one beside it."""
    one, other = st.columns(2)
    with one:
        state.bind(st.selectbox, Fields, "network", t("Network"), architectures.names(), format_func=_title)
    with other:
        state.bind(
            st.selectbox, Fields, "beside", t("Compared with"), (ALONE, *architectures.names()), format_func=_title
        )


def _title(name: str) -> str:
    if name == ALONE:
        return t("nothing: alone")
    plan = architectures.architecture(name)
    return f"{plan.title} · {plan.year}"


@apologetic
def choose_part(name: str) -> None:
    """Tell about another part."""
    state.change(Fields, part=name)


def choose_idea() -> None:
    """Which family's idea is open."""
    state.bind(
        st.segmented_control,
        Fields,
        "idea",
        t("The idea of each family"),
        list(IDEAS),
        format_func=lambda idea: t(IDEA_TITLES[idea]),
        required=True,
        label_visibility="collapsed",
    )


def choose_stem() -> None:
    """The sliders of the stem, and three ways to begin."""
    with st.container(horizontal=True):
        for name, settings, inputs in (
            (t("ZFNet’s"), stems.ZFNET, 224),
            (t("AlexNet’s"), stems.ALEXNET, 224),
            (t("ZFNet’s, but conv2 with stride 1"), None, 224),
        ):
            st.button(name, key=f"stem-{name}", on_click=_begin_with, args=(settings, inputs))
    columns = st.columns(2, gap="large")
    for column, layer in zip(columns, (1, 2), strict=True):
        with column:
            st.markdown(f"**conv{layer}**")
            state.bind(st.slider, Fields, f"k{layer}", t("kernel"), min_value=1, max_value=LARGEST_KERNEL)
            state.bind(st.slider, Fields, f"s{layer}", t("stride"), min_value=1, max_value=LARGEST_STRIDE)
            state.bind(st.slider, Fields, f"p{layer}", t("padding"), min_value=0, max_value=LARGEST_PADDING)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        state.bind(
            st.segmented_control, Fields, "input", t("side of the photo, in pixels"), list(INPUTS), required=True
        )
        state.bind(st.toggle, Fields, "ceil", t("convolutions round up"))
        state.bind(st.toggle, Fields, "pools", t("pools round up"))


@apologetic
def _begin_with(settings: stems.Settings | None, input_px: int) -> None:
    chosen = settings or stems.ZFNET
    first, second = chosen.first, chosen.second
    state.change(
        Fields,
        input=input_px,
        k1=first.kernel,
        s1=first.stride,
        p1=first.padding,
        k2=second.kernel,
        s2=second.stride if settings else 1,
        p2=second.padding,
        ceil=False,
        pools=True,
    )
