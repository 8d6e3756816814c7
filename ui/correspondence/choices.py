"""What can be chosen on the correspondence page."""

from __future__ import annotations

import streamlit as st

from ui.correspondence.fields import CHOSEN, REPEATS, SIDES, Fields
from ui.correspondence.markers import Points
from ui.correspondence.question import Question
from ui.shell import photo_set, state
from ui.shell.apology import apologetic
from zfnet_core.exhibits.correspondence.measure import feature_choices, shown
from zfnet_core.language import t
from zfnet_core.photos import marked_faces


def sources() -> dict[str, str]:
    """The sets of faces to choose from, by name."""
    sets = {name: t(marked_faces.face_set(name).title) for name in marked_faces.names()}
    return sets | {CHOSEN: t("Photos you choose")}


def choose(question: Question) -> None:
    """Which faces, what is hidden, and where it is measured. Marks belong to photos: others get their usual marks."""
    titles, names = sources(), list(feature_choices(question.network))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        state.bind(
            st.selectbox,
            Fields,
            "faces",
            t("Faces"),
            list(titles),
            format_func=titles.get,
            also=lambda _: {"points": ()},
        )
        state.bind(st.selectbox, Fields, "side", t("Hidden square (px)"), SIDES, width=150)
        state.bind(
            st.selectbox,
            Fields,
            "low",
            t("First layer"),
            names,
            shown=lambda _: question.low,
            format_func=shown,
            width=150,
        )
        state.bind(
            st.selectbox,
            Fields,
            "high",
            t("Second layer"),
            names,
            shown=lambda _: question.high,
            format_func=shown,
            width=150,
        )
        state.bind(st.selectbox, Fields, "repeats", t("Random repeats"), REPEATS, width=150)
    if not question.marked:
        photo_set.choose(Fields, points=())


@apologetic
def choose_points(points: Points) -> None:
    """Put the marks somewhere else."""
    state.change(Fields, points=tuple(value for photo in points for point in photo for value in point))
