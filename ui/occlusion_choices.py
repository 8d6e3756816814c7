"""The choices of the occlusion page: class, map, rectangle, the photo beside, and whether to guess first."""

from __future__ import annotations

import streamlit as st

from ui import occlusion_work, photo_set, state
from ui.occlusion_work import Subject
from zfnet_core.experiments.covering import FILLS
from zfnet_core.experiments.occlusion import totals_layer

FILL_NAMES = {"mean": "mean colour", "grey": "grey", "black": "black", "blur": "blurred photo"}
OWN_COLOUR = "own colour"


def choose(subject: Subject) -> None:
    """Draw the choices; what a link asks for and cannot be had becomes the usual."""
    usable = occlusion_work.settings(subject.image.shape[-1])
    state.change(
        occlusion_height=usable.height_px,
        occlusion_width=usable.width_px,
        occlusion_stride=usable.stride_px,
        occlusion_fill=usable.fill,
    )
    network, clean, photo_px = subject.network, subject.probabilities, subject.image.shape[-1]
    answer, totals = int(clean.argmax()), occlusion_work.totals(subject)
    strongest, layer = int(totals.argmax()), totals_layer(network)
    classes = [-1, *(int(place) for place in (-clean).argsort())]
    maps = [occlusion_work.STRONGEST, *(int(place) for place in (-totals).argsort())]
    photos = photo_set.available()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        state.bind(
            st.selectbox,
            "occlusion_class",
            "Class that is followed",
            classes,
            format_func=lambda i: f"answer: {network.labels[answer]}" if i < 0 else network.labels[i],
            width=200,
        )
        state.bind(
            st.selectbox,
            "occlusion_map",
            f"Map of {layer.name}",
            maps,
            format_func=lambda i: f"strongest: {strongest}" if i < 0 else f"map {i} · {totals[i]:.0f}",
            width=150,
        )
        state.bind(
            st.selectbox,
            "occlusion_beside",
            "Photo beside it",
            ["", *(name for name in photos if name != state.view().photo)],
            format_func=lambda name: photos[name].name or "Your photo" if name else "none",
            width=140,
        )
        # Filled only while open: what lies in a closed one would lose its values when the page is run again.
        square = st.popover("The square", icon=":material/select:", on_change="rerun", key="occlusion square")
        if square.open:
            with square:
                _choose_square(photo_px)
        state.bind(st.toggle, "occlusion_predict", "Predict first")


def _choose_square(photo_px: int) -> None:
    """Size, step and fill."""
    sides = {"min_value": occlusion_work.SMALLEST_PX, "max_value": photo_px, "step": 8}
    with st.container(horizontal=True):
        state.bind(st.number_input, "occlusion_height", "Height, px", **sides)
        state.bind(st.number_input, "occlusion_width", "Width, px", **sides)
    steps = list(occlusion_work.STRIDES)
    state.bind(st.segmented_control, "occlusion_stride", "Step of the grid, px", steps, required=True)
    fill, key = occlusion_work.settings(photo_px).fill, "occlusion fill"
    st.session_state[key] = fill if fill in FILLS else OWN_COLOUR

    def commit() -> None:
        chosen = st.session_state[key]
        state.change(occlusion_fill="#00aaff" if chosen == OWN_COLOUR else chosen)

    names = [*FILLS, OWN_COLOUR]
    st.segmented_control(
        "Filled with",
        names,
        format_func=lambda name: FILL_NAMES.get(name, name),
        key=key,
        on_change=commit,
        required=True,
    )
    if fill not in FILLS:
        state.bind(st.color_picker, "occlusion_fill", "Your colour")
    st.caption("The paper’s square is grey; its size and step are not stated. The usual values here are our choice.")
